"""The contract that allocators in C are checked against holds of our own heaps, on the same states, in checked runs.

That it follows from their own contracts for all states is not proved.
"""

from random import Random

import pytest

from impl.arithmetic import NULL
from impl.machine import Machine
from model.heap.contract import PUBLIC
from model.heap.state import NOBODY, Holdings, Promise
from model.language.logic import Transition
from model.language.words import WORD_LIMIT
from proofs import registry
from proofs.checking.harness import Checked
from proofs.checking.world import DESCRIPTOR, DESCRIPTOR_PAGE, pattern

HEAPS = ("segment_heap", "bin_heap", "bucket_heap")
"""Heaps that grow: the block heap's own instance has 100 MiB, too much to look at after every call."""


class User:
    """Calls one of our heaps, and judges each call by the contract of every heap."""

    def __init__(self, name: str) -> None:
        self.driver = driver = registry.live(name, "driver").DRIVER
        self.machine = Machine(4 << 20, checked=True)
        self.machine.memory.map(DESCRIPTOR_PAGE, driver.descriptor_pages)
        self.checked = Checked(driver.bench, self.machine, DESCRIPTOR)
        driver.prepare(self.machine, self.checked)
        self.checked.check(driver.names[0], *driver.init)
        self.held = Holdings(NULL, WORD_LIMIT, promise=Promise(alignment=8))
        self.judged = 0

    def malloc(self, size: int) -> None:
        """A block of ``size`` bytes; its owner fills it."""
        t = self.checked.check(self.driver.names[1], size)
        while t.result == NULL and size and self.driver.grow(self.checked, size):
            t = self.checked.check(self.driver.names[1], size)
        self.judge("malloc", t, size=size, block=t.result)
        if t.result:
            self.machine.memory.store_bytes(t.result, pattern(t.result, size))

    def free(self, block: int) -> None:
        """The block goes back."""
        t = self.checked.check(self.driver.names[2], block)
        self.judge("free", t, given=block, size=0)

    def judge(self, name: str, t: Transition, **arguments: int) -> None:
        told = dict.fromkeys(("usable", "free_bytes", "used_bytes", "whole"))
        seen = {"given": NOBODY, "alignment": 1, **told, **arguments}
        mine = Transition(name, t.old, t.new, self.held, seen, t.result or NULL, t.raised)
        operation = PUBLIC.operation(name)
        mine.ghost_after = operation.after(mine)
        for clause in operation.ensures:
            assert clause.formula(mine), f"{clause.name}: {clause.sentence}"
            self.judged += 1
        self.held = mine.ghost_after


@pytest.mark.parametrize("name", HEAPS)
def test_our_heap_keeps_the_contract_of_every_heap(name):
    user, random = User(name), Random(3)
    for _ in range(40):
        live = list(user.held.live)
        if live and random.random() < 0.4:
            user.free(random.choice(live))
        else:
            user.malloc(random.choice((1, 8, 40, 200, 1000, 5000, 2**63)))
    assert user.held.count > 3
    assert user.judged > 300
