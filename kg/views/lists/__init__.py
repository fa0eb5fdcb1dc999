"""Lists of things: what each kind shows, which things are chosen, and the lines of a page."""
