"""Serves a release with its pages, both swapped together."""
