"""Serves a release with its pages: which files, whether they are as released, and both swapped together."""
