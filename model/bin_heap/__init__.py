"""All that must be believed of the bin heap: its state, its invariants and its public contract."""
