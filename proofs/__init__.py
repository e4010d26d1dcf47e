"""Why it is right: the prover, one proof script per allocator, and the command line."""
