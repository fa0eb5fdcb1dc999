"""The text formats of a release: quads in, bytes out, the same bytes whatever the order of the quads."""
