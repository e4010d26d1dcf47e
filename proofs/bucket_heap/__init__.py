"""What helps to prove the bucket heap: contracts of inner operations, loops, claims, steps of the state."""
