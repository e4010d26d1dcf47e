"""Checks an allocator written in C: random histories in child processes, judged by the contract in model/heap/."""
