"""From texts to facts: documents, annotations and their statements.

``documents`` reads texts, ``parser`` reads annotation files, ``resolver`` validates them against text and ontology
and gives statements, ``quoting`` suggests quotes and tells which words have a fact, ``json_schema`` describes the
files for editors and ``thing_ids`` renames and withdraws ids.
"""
