"""Pages and RDF of things, statements and passages."""
