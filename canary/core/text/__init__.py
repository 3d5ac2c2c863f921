"""How single values and lines are spelt, and made fit to be shown."""
