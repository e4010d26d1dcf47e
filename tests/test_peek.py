"""peek in a proof: a field of a header that is there, else what the bytes say, until they may have changed."""

import pytest
import z3

from impl.layout import Struct, u64
from proofs.engine.memory import SymMemory
from proofs.engine.values import SymInt
from tests.entailment import entailed, holds, single_path


class Cell(Struct, size=16):
    a = u64()
    b = u64()


def keep(memory, place, other):
    pass


def write_elsewhere(memory, place, other):
    memory.write(Cell.a, other, 1)


def write_and_release(memory, place, other):
    memory.release(Cell, other)


def map_pages(memory, place, other):
    memory.havoc(["byte"])


def as_it_was(before, far=True, claimed=False):
    """Whether a peek of Cell.b at any place gives what its array said when the operation began."""
    seen = []

    def run(path):
        memory = SymMemory({"Cell": Cell})
        place, other = SymInt(path.integer("place")), SymInt(path.integer("other"))
        path.know(z3.And(place.term >= 0, memory.arrays["claimed.Cell"][other].term))
        if far:
            path.know(place.term >= other.term + 100)
        if claimed:
            path.know(memory.arrays["claimed.Cell"][place].term)
        said = memory.arrays["Cell.b"][place]
        before(memory, place, other)
        seen.append(memory.peek(Cell.b, place).term == said.term)

    return entailed(single_path(run), seen[0])


def test_bytes_that_nobody_touched_say_what_they_said():
    assert as_it_was(keep)
    assert as_it_was(write_elsewhere)


def test_bytes_that_were_written_say_anything():
    """A header may be laid over bytes that are peeked at with another offset."""
    assert not as_it_was(write_elsewhere, far=False)


@pytest.mark.parametrize("before", [write_and_release, map_pages])
def test_after_anything_but_a_store_the_bytes_say_anything(before):
    assert not as_it_was(before)


def test_a_header_that_is_there_says_what_its_fields_say():
    assert as_it_was(write_elsewhere, far=False, claimed=True)


def test_what_is_peeked_at_must_be_mapped():
    def run(path):
        memory = SymMemory({"Cell": Cell})
        memory.peek(Cell.b, SymInt(path.integer("place")))

    path = single_path(run)
    assert not any(holds(obligation) for obligation in path.obligations)
