"""What runs: the emulated machine and the allocators on top of it."""
