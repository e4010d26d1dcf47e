"""All that must be believed of the bucket heap: its state, its invariants and its public contract."""
