"""The pages that people read: the start page, the reader, lists, the timeline and the search."""
