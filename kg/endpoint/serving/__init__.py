"""The service as it runs: processes, the life of a release in them, and its checksums."""
