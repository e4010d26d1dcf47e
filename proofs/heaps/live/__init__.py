"""Our heaps as their users see them, on a live machine."""
