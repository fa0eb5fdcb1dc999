"""The reader: a text with its passages and their statements."""
