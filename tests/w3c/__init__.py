"""The W3C's conformance suites, run through the application.

They are read where they lie beside the project.
"""
