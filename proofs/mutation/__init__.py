"""Mutants of the allocators' own source: what the proofs do not notice, they do not say."""
