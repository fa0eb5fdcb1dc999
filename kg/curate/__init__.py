"""From texts to facts: documents, annotations and their statements.

``documents`` reads texts, ``parser`` reads annotation files, ``resolver`` validates them against text and ontology
and gives statements, ``coverage`` tells which words have a fact, ``json_schema`` describes annotation files for
editors, ``quote_help`` suggests quotes and ``thing_ids`` renames and withdraws ids.
"""
