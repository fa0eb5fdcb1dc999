"""The W3C's conformance suites, read where they lie beside the project and run through the application."""
