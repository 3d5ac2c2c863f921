"""What a watcher remembers: SQLite, and the state file of a single look."""
