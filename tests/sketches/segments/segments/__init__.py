"""A heap of segments in a list."""
