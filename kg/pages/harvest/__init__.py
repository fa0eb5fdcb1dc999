"""What harvesters and search engines read: catalogue, sitemap, robots.txt, OpenAPI."""
