"""Harmless rewritings of proved code: what means the same stays proved (tests/test_rewritings.py)."""
