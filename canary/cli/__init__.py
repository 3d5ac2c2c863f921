"""The command line: parses, wires the edges to the flows, prints, and sets the exit code."""
