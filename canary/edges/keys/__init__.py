"""Keys on disk, public and private, and what signs with them."""
