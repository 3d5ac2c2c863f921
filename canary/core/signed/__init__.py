"""Signed notes: keys, signatures, and who signed an entry."""
