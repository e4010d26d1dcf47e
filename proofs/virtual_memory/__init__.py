"""What helps to prove the virtual memory: contracts of inner operations, loops, claims, steps of the state."""
