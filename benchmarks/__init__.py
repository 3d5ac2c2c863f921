"""Measurements, as ratios against a baseline in the same run: machines differ, and one differs from day to day."""
