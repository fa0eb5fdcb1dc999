"""From a text to facts: documents, annotations and the statements that they make.

``documents`` reads texts, ``parser`` reads annotation files, ``resolver`` validates them against text and ontology
and gives statements, ``coverage`` tells which words have a fact, ``json_schema`` describes annotation files for
editors, ``quote_help`` suggests quotes and ``thing_ids`` renames and withdraws ids.
"""
