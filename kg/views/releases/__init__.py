"""Releases: those that can be had, and what differs between any two of them."""
