"""The C and the Python side by side: the same calls, and nothing may differ."""
