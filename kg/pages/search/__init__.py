"""Search, suggestions and the index that reconciliation shares."""
