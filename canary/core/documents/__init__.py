"""What is signed and published: rosters, releases, and where and how they are served."""
