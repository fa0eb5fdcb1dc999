"""What stands before the pages: limits on requests, ``/sparql`` for programs, caches, metrics and the access log."""
