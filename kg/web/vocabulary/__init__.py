"""The pages of the vocabulary, of its shapes and of what validation found."""
