"""What helps to prove the block heap: contracts of inner operations, loops, claims, steps of the state."""
