"""What helps to prove the segment heap: contracts of inner operations, loops, claims, steps of the state."""
