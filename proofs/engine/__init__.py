"""The prover: runs the allocators' own source over Z3 terms."""
