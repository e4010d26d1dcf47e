"""Mistakes of somebody who writes a subject of his own; each is told in one message (tests/test_mistakes.py)."""
