"""Limits on requests, ``/sparql`` for programs, caches, metrics, access log."""
