"""Proof of the ready parts: a change starts from any parts and any fields at all; nothing is executed.

TRUSTED: what is changed is any part, of which nothing is known but its laws.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import impl.bucket_heap_layout
from model.library.contract import PUBLIC
from model.library.state import Parts
from proofs.engine.hints import recorded
from proofs.engine.operation import Proof
from proofs.plain import arbitrary_of


def invoke(edition: Any, memory: Any, address: Any, operation: str, arguments: dict[str, Any]) -> None:
    """Nothing is executed."""


ARBITRARY = partial(arbitrary_of, Parts, "library")

PROOF = Proof(
    PUBLIC,
    impl.bucket_heap_layout,
    "Links",
    ("Links",),
    ARBITRARY,
    ARBITRARY,
    invoke=invoke,
    hints=recorded("library"),
)
