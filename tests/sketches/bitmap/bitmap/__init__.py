"""A bitmap heap."""
