"""All that must be believed of the segment heap: its state, its invariants and its public contract."""
