"""Queries and pushes to the SPARQL 1.1 stores of others."""
