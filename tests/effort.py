"""How long the solver tries where something is not to be proved: a failing proof takes all that it may."""

from typing import Any
from unittest.mock import patch

EFFORT = 1_000_000
"""Resource units for one try; no theorem that is refuted so needs as much of the sound edition for all its tries."""


def little_effort() -> Any:
    """A context in which the solver may spend less (proofs/engine/climbing.py)."""
    return patch.multiple("proofs.engine.climbing", BUDGET=EFFORT, MBQI_BUDGET=EFFORT // 20)
