"""The SPARQL endpoint with all that helps to ask it: its description, the editor and the examples."""
