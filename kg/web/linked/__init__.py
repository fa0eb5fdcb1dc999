"""Things and graphs at their addresses: pages for people, RDF for programs."""
