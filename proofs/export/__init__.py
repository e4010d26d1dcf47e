"""``drystone export``: a proved allocator as C, and the C run beside the Python."""
