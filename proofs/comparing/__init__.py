"""Heaps side by side on one program's trace: memory, waste, refusals and cost (``drystone compare``)."""
