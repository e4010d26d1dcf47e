"""``drystone export``: a proved allocator as one C file and its header; and the comparison of the two, run side by side."""
