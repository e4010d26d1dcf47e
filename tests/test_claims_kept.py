"""Two facts that the prover knows of memory wherever a program is: every step of memory keeps them, which Z3 shows.

Every header that is claimed lies at an address that is not negative, and in pages that are mapped.  Before the first
step no header is claimed.  A step here is what proofs/engine/ makes of it, for arbitrary memory and arguments: what it
shows is taken as shown, since a proof that does not show it fails.  Of a callee, or of the rounds of a loop, nothing is
asked here: they are such steps.
"""

import pytest
import z3

from impl.arithmetic import PAGE_SIZE
from impl.layout import Struct, u64
from proofs.engine import path as paths
from proofs.engine.memory import SymMemory
from proofs.engine.path import Path
from proofs.engine.values import SymInt
from tests.entailment import entailed, follows


class Small(Struct, size=16):
    value = u64()


class Large(Struct, size=3 * PAGE_SIZE + 16):
    value = u64()


KINDS = (Small, Large)


def claim(memory, a, b):
    memory.claim(Small, a)


def claim_large(memory, a, b):
    memory.claim(Large, a)


def claim_array(memory, a, b):
    memory.claim_array(Small, a, b)


def release(memory, a, b):
    memory.release(Small, a)


def release_array(memory, a, b):
    memory.release_array(Large, a, b)


def release_range(memory, a, b):
    memory.release_range(Small, a, b)


def map_pages(memory, a, b):
    memory.map(a, b)


def unmap(memory, a, b):
    memory.unmap(a, b)


def give_away(memory, a, b):
    memory.give_away(a, b)


def fill(memory, a, b):
    memory.fill(a, b, 7)


def copy(memory, a, b):
    memory.copy(a, b, 64)


def write(memory, a, b):
    Small(memory, a).value = b


STEPS = (
    claim,
    claim_large,
    claim_array,
    release,
    release_array,
    release_range,
    map_pages,
    unmap,
    give_away,
    fill,
    copy,
    write,
)


def claims(memory):
    """For each struct its size, and whether one is claimed at an address."""
    for kind in KINDS:
        array = memory.arrays[f"claimed.{kind.__name__}"].array
        yield kind.SIZE, lambda a, array=array: z3.Select(array, a)


def at_addresses(memory):
    a = z3.Int("a")
    return z3.And(*[z3.ForAll([a], z3.Implies(there(a), a >= 0)) for _, there in claims(memory)])


def lies_on(memory, size, there, a, p):
    """If a header of ``size`` bytes is claimed at ``a`` and lies in page ``p``, too, that page is mapped."""
    touched = z3.And(there(a), a < (p + 1) * PAGE_SIZE, p * PAGE_SIZE < a + size)
    return z3.Implies(touched, z3.Select(memory.arrays["mapped"].array, p))


def on_mapped_pages(memory):
    a, p = z3.Ints("a p")
    return z3.And(*[z3.ForAll([a, p], lies_on(memory, size, there, a, p)) for size, there in claims(memory)])


def memory_where(path, facts):
    """Arbitrary memory of which the ``facts`` hold, and no more."""
    memory = SymMemory({kind.__name__: kind for kind in KINDS})
    path.facts.clear()
    for fact in facts:
        path.know(fact(memory))
    return memory


def kept(step, fact, assumed, patience=20_000):
    """Whether on every path through ``step`` the fact holds at its end, if ``assumed`` hold at its start."""
    found = []

    def run(path):
        memory = memory_where(path, assumed)
        step(memory, SymInt(path.integer("a")), SymInt(path.integer("b")))
        found.append(follows(path.facts, fact(memory), patience))

    paths.explore("memory.step", run)
    assert found
    return all(found)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_keeps_claims_are_addresses(step):
    """A header that is claimed lies at an address that is not negative (KEPT, proofs/engine/store.py)."""
    assert kept(step, at_addresses, [at_addresses])


@pytest.mark.parametrize("step", STEPS)
def test_every_step_keeps_claims_are_mapped(step):
    """A header that is claimed lies in pages that are mapped."""
    assert kept(step, on_mapped_pages, [at_addresses, on_mapped_pages])


def test_pages_that_were_not_mapped_have_no_headers():
    """What the prover knows where map is granted, Pages._granted, follows from that."""
    found = []

    def run(path):
        memory = memory_where(path, [])
        base, count, a = (path.integer(name) for name in ("base", "count", "a"))
        end = base + count * PAGE_SIZE
        memory._vacant(base, end, z3.BoolVal(True), "vacant")
        path.know(z3.And(base % PAGE_SIZE == 0, count > 0))
        # on_mapped_pages says so of every header and page: of one header, and of the first page that it may share.
        page = z3.If(a > base, a, base) / PAGE_SIZE
        for size, there in claims(memory):
            path.know(lies_on(memory, size, there, a, page))
            found.append(entailed(path, z3.Implies(there(a), z3.Or(a + size <= base, a >= end))))

    paths.explore("memory.map", run)
    assert found == [True, True]


def test_a_step_that_shows_nothing_keeps_neither(monkeypatch):
    monkeypatch.setattr(Path, "show", lambda *args, **more: None)
    assert not kept(claim, at_addresses, [at_addresses], 1_000)
    for step in (claim, claim_large, claim_array, unmap, give_away):
        assert not kept(step, on_mapped_pages, [at_addresses, on_mapped_pages], 1_000)


def test_what_is_kept_is_no_contradiction():
    """Memory with headers in it is among the memories that the steps begin in."""

    def run(path):
        memory = memory_where(path, [at_addresses, on_mapped_pages])
        path.know(z3.Select(memory.arrays["claimed.Small"].array, 4090))
        assert not follows(path.facts, z3.BoolVal(False), 1_000)

    paths.explore("memory.step", run)
