"""All that must be believed of the address space: its state, its invariants and its public contract."""
