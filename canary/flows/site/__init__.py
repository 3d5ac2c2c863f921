"""The published site: verified texts in, every file of the site out. Pure: no clock, no disk, no network."""
