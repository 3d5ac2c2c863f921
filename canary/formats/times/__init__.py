"""Timestamps and block headers, from bytes to evidence."""
