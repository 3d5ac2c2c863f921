"""Where times are proved: anchors' sources, timestamp authorities, calendars, block headers."""
