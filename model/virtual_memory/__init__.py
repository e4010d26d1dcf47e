"""All that must be believed of the virtual memory: its state, its invariants and its public contract."""
