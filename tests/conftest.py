"""What all tests share."""

import pytest

from proofs.engine import program


@pytest.fixture(autouse=True)
def _a_program_with_a_file(monkeypatch):
    """Test workers are started from a string; what they execute has files all the same, so a cache may remember it."""
    monkeypatch.setattr(program, "nameless", lambda: False)
