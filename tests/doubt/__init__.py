"""Ways to fool the prover: none of them does."""
