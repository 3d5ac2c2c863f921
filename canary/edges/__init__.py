"""One outside thing a file: network, disk, keyrings."""
