"""The built site, and where it is uploaded or printed."""
