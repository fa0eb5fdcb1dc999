"""Changes between two releases: in words, as JSON, and as RDF Patch."""
