"""Text formats of a release, whose bytes depend on quads alone."""
