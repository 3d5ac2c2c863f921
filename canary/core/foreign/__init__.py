"""Canaries in formats that are not ours: what is pinned of them, what one edition shows, and how it is judged."""
