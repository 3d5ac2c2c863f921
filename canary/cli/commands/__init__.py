"""What can be typed: every command's options and help, and nothing that takes long to import.

So `--help`, and the answer to a mistyped option, do not wait for what only the command itself needs.
"""
