"""What helps to prove the frame allocator: contracts of inner operations, loops, claims, steps of the state."""
