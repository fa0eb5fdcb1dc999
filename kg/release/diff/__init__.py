"""What changed between two releases: in words for people, as JSON, and as an RDF patch."""
