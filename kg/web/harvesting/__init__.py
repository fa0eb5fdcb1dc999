"""What programs find the service and its releases by: the catalogue, the sitemap, the feed and OpenAPI."""
