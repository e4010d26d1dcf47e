"""The gallery of the prover itself: programs of which a false statement must not be called PROVED."""
