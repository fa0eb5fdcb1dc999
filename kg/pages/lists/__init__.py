"""The lists of things by kind, with filters, order and the query behind each."""
