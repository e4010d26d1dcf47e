"""Traces from where people have them: a recorder to preload, and readers of what other tools write."""
