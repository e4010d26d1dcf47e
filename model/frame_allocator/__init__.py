"""All that must be believed of the frame allocator: its state, its invariants and its public contract."""
