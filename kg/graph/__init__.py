"""From facts to a valid graph: build, rules, constraints, validation."""
