"""A document as it is read: its text, the marks of its passages, and sentences to quote."""
