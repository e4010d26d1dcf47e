"""Runs of the ready parts."""
