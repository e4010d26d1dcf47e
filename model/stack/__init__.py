"""All that must be believed of the stack: its state, its invariants and its public contract."""
