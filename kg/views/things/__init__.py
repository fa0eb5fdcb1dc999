"""Things one at a time: what is told of each, what it rests on, and where it stands."""
