"""All that must be believed of the block heap: its state, its invariants and its public contract."""
