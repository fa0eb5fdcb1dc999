"""Thing."""
