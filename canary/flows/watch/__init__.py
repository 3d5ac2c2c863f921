"""The watcher: fetch, read, judge."""
