"""The log: its tree, its checkpoints, and its replay."""
