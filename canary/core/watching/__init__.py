"""Many canaries followed: when to look, what to believe, what to tell, and whom."""
