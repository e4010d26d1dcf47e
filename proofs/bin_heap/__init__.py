"""What helps to prove the bin heap: contracts of inner operations, loops, claims, steps of the state."""
