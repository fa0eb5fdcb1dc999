"""The publication as static files, for a host that only sends files."""
