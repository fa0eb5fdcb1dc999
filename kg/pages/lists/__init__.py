"""The lists of things by kind, with filters, order and query."""
