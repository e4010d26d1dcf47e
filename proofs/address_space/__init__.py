"""What helps to prove the address space: contracts of inner operations, loops, claims, steps of the state."""
