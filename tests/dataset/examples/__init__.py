"""The expected answers of the example queries.

Each query has either a table written by hand from the text (``<name of the query>.csv``) or a function of
``oracle`` that computes its answer from the annotations, without SPARQL and without the program. ``removal``
takes facts away from the graph, to show that an answer depends on them.
"""
