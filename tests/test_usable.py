"""What was just mapped can be used: is_mapped says True of it, and no load or store of it faults.

Entries that lead to tables grant everything, so that of the page decides.  Each fault is refuted by name.
"""

import pytest

from impl.arithmetic import PAGE_SIZE
from impl.machine import Machine
from model.address_space.invariants import tables_grant
from proofs.virtual_memory.live.scenario import LiveRam, translations_of
from tests.defects.defect import Defect
from tests.defects.usable import BEGINNINGS, DEFECTS
from tests.warm import names

PLACE = 0x40_0000


def chosen() -> list[pytest.param]:
    """All of them; the slower ones are marked."""
    quick = {one.name for one in (*DEFECTS, *BEGINNINGS) if one.subject == "address_space" or one in BEGINNINGS}
    marks = {True: [], False: [pytest.mark.slow]}
    return [pytest.param(one, id=one.name, marks=marks[one.name in quick]) for one in (*DEFECTS, *BEGINNINGS)]


@pytest.mark.parametrize("defect", chosen())
def test_the_prover_notices_the_defect(defect: Defect) -> None:
    """A page that is mapped and cannot be used (MEM-3), a space or a view that begins with what is not its own."""
    assert names(defect)


def test_a_table_that_withholds_a_right_breaks_the_invariant() -> None:
    machine = Machine(32 * PAGE_SIZE)
    assert machine.memory.map(PLACE, 1)
    assert granted(machine)
    (slot,) = [
        slot for slot in range(machine.space.root, machine.space.root + PAGE_SIZE, 8) if machine.ram.load(slot, 8)
    ]
    machine.ram.store(slot, 8, machine.ram.load(slot, 8) & ~2)
    machine.memory.flush()
    assert not machine.memory.is_mapped(PLACE, 1)
    assert not granted(machine)


def granted(machine: Machine) -> bool:
    """Whether the entries that lead to tables grant everything."""
    live = LiveRam(machine, machine.memory)
    return bool(tables_grant.formula(live, 0, translations_of(machine, machine.memory, live)))
