"""A SPARQL endpoint over N-Quads: protocol, evaluation, worker pool, gateway, serving."""
