"""The rules: pure functions and values. Nothing here reads a clock, a disk, a socket or a keyring."""
