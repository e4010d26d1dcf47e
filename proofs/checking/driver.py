"""How a program uses a heap: what a replay must know of one beyond its bench."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from impl.machine import Machine
from proofs.checking.bench import Bench
from proofs.checking.budget import LOAN, ORDINARY, Weight
from proofs.checking.harness import Checked

CHECKED_CALLS = 100
"""By default about so many calls of a trace are checked in full where heaps are compared."""

Blocks = dict[int, int]
"""Address -> size."""
ROLES = ("init", "allocate", "free", "destruct")
"""What a program asks of a heap."""


@dataclass(frozen=True)
class Driver:
    """How a program uses a heap: ``init`` holds the initialiser's arguments, ``live`` lists the used blocks.

    ``names`` are the heap's names for ROLES, "" if there is none; ``prepare`` does what the boot code does
    before; ``ram`` is the size of a heap that does not grow, ``base`` where its blocks begin; ``weight`` says what it
    takes to check a call in full, and with it how many are; about ``checked_calls`` are checked where they are chosen
    evenly, as far as the ``loan`` goes.
    ``calloc`` and ``realloc`` name the heap's own, "" if it has none.  ``most_visits`` is for heaps
    that walk: of a trace, unless asked otherwise, the events are replayed until so many live blocks
    were met, summed over the events (0: all of it).  ``grow(checked, size)`` provides more memory when a request
    was refused: True if it could, then the program asks again.  ``last(checked)`` are the arguments of destruct.
    ``trim`` names the operation that gives free pages back, "" if the heap has none.  Every block lies at a multiple
    of ``alignment``.  One that is ``made_up`` (derived_driver.py) cannot list the live blocks.
    """

    bench: Bench
    init: tuple[int, ...]
    live: Callable[[Checked], Blocks]
    calloc: str = ""
    realloc: str = ""
    most_visits: int = 0
    names: tuple[str, ...] = ROLES
    prepare: Callable[[Machine, Checked], None] = lambda machine, checked: None
    ram: int = 0
    base: int = 0
    alignment: int = 1
    checked_calls: int = CHECKED_CALLS
    weight: Weight = ORDINARY
    loan: int = LOAN
    grow: Callable[[Checked, int], bool] = lambda checked, size: False
    last: Callable[[Checked], tuple[Any, ...]] = lambda checked: ()
    descriptor_pages: int = 1
    trim: str = ""
    made_up: bool = False
