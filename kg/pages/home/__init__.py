"""The start page, downloads, citations and the state of the service."""
