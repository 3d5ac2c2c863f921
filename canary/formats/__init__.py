"""Formats: bytes to values, without any input or output."""
