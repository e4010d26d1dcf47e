"""What helps to prove the stack: contracts of inner operations, loops, claims, steps of the state."""
