"""Runs an endpoint: listening, HTTP processes, connections, and the life of its data in them."""
