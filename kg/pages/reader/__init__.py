"""The reader: a text with its passages marked, and what each of them says."""
