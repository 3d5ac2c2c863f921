"""Configurations and lists, strictly checked."""
