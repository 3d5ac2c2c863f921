"""gpg, and what is done through it."""
