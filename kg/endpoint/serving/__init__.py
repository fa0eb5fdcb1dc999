"""Runs an endpoint: socket, HTTP processes, connections, and its data."""
