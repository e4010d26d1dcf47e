"""What a virtual memory relies on of the page tables below it: their operations, by contract.

A contract says what the address space's own proof shows of the operation, its invariants included, clause by clause
under the same names; so whoever calls by it rests on those theorems.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from model.logic import Clause, Operation, Transition, Truth
from model.space_invariants import INVARIANTS


def contract(operation: Operation) -> Operation:
    """The operation for a caller outside: the invariants are among what it requires and what it ensures."""
    before = tuple(replace(law, formula=_before(law)) for law in INVARIANTS)
    afterwards = tuple(replace(law, formula=_afterwards(law)) for law in INVARIANTS)
    promised = tuple(law for law in operation.ensures if not law.inner)
    return replace(operation, requires=(*before, *operation.requires), ensures=(*promised, *afterwards))


def _before(law: Clause) -> Callable[..., Truth]:
    return lambda state, heap, space, arguments: law.formula(state, heap, space)


def _afterwards(law: Clause) -> Callable[[Transition], Truth]:
    return lambda t: law.formula(t.new, t.heap, t.ghost_after)
