"""Ready parts: each change keeps their laws, no premise can be spared, and a change that is wrong is not proved."""

from dataclasses import replace

import pytest

from model.language.ghost import GhostMap, GhostSet
from model.library import counted, grid
from model.library.contract import PUBLIC
from model.library.counted import Counted
from model.library.part import invariants
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Verdict
from proofs.library.live.scenario import witness
from proofs.library.proof import PROOF

OPEN = (Verdict.REFUTED, Verdict.UNKNOWN)


def verdict(operation, theorem):
    """What becomes of a theorem of one change."""
    proof = replace(PROOF, subject=replace(PUBLIC, operations=(operation,)))
    wanted = f"library.{operation.name}.{theorem}"
    report = prove([proof], (wanted,), Options(jobs=1, only=True))
    (found,) = [one.verdict for one in report.theorems if one.id == wanted]
    return found


def test_every_change_is_met_by_parts_that_were_filled_by_hand():
    assert not [name for name, one in witness().operations.items() if one.satisfied != one.calls or not one.calls]


@pytest.mark.parametrize(
    ("name", "premise", "theorem"),
    [
        ("grid_apart", "whole", "same_block"),
        ("bitmap_clear", "bit_set", "bits_shown"),
        ("list_push", "no_member", "numbered"),
        ("counted_remove", "a_member", "counted"),
        ("ring_insert", "comes_behind", "leads_on"),
        ("ring_remove", "in_ring", "headed"),
        ("bins_push", "in_no_bin", "headed"),
        ("chain_absorb", "has_next", "tiling"),
    ],
)
def test_no_premise_can_be_spared(name, premise, theorem):
    sound = PUBLIC.operation(name)
    weaker = replace(sound, requires=tuple(law for law in sound.requires if law.name != premise))
    assert len(weaker.requires) == len(sound.requires) - 1
    assert verdict(weaker, theorem) in OPEN


def forgetful(t):
    """The last member takes the place of the one that goes, and does not know."""
    old = t.ghost.members
    at = old.at.set(old.place[t.x], old.at[old.count - 1])
    left = replace(old, count=old.count - 1, members=old.members.set(t.x, False), at=at)
    return replace(t.ghost, members=left)


def crowded(t):
    """Nobody moves to make room."""
    old = t.ghost.ring
    place = old.place.set(t.x, old.place[t.after] + 1)
    return replace(t.ghost, ring=replace(old, length=old.length + 1, nodes=old.nodes.set(t.x, True), place=place))


def endless(t):
    """What was first stays first."""
    return replace(t.ghost, bins=replace(t.ghost.bins.popped(t.b), first=t.ghost.bins.first))


def in_the_next_word(t):
    """The bit is set in the word behind its own."""
    at = t.ghost.bitmap.word(t.number) + 8
    values = t.ghost.values.set(at, t.ghost.values[at] | (1 << t.number % 64))
    return replace(t.ghost, values=values, set_bits=t.ghost.set_bits.set(t.number, True))


def leaky(t):
    """What is swallowed is lost, header and all."""
    return replace(t.ghost, small=replace(t.ghost.small.absorb(t.a), size=t.ghost.small.size))


def halved(t):
    """A segment becomes free, and is merged with none."""
    return replace(t.ghost, small=t.ghost.small.with_free(t.a, True))


@pytest.mark.parametrize(
    ("into", "name", "theorem"),
    [
        (forgetful, "counted_remove", "numbered"),
        (crowded, "ring_insert", "distinct"),
        (endless, "bins_pop", "headed"),
        (in_the_next_word, "bitmap_set", "bits_shown"),
        (leaky, "chain_absorb", "tiling"),
        (halved, "chain_free", "coalesced"),
    ],
)
def test_a_change_that_is_wrong_is_not_proved(into, name, theorem):
    assert verdict(replace(PUBLIC.operation(name), after=into), theorem) in OPEN


def test_laws_become_invariants_of_whoever_has_the_part():
    placed, _ = invariants("slots", grid.LAWS, lambda state: state["slots"])
    assert placed.name == "slots_placed"
    assert placed.sentence == "slots: blocks lie between addresses that are words, and none at NULL"
    laws = invariants("", counted.LAWS, lambda members: members, {"numbered": "A-1 A-2"})
    assert [law.covers for law in laws] == [(), ("A-1", "A-2"), ()]
    twice = Counted(2, GhostSet([16]), GhostMap({0: 16, 1: 16}), GhostMap({16: 1}))
    assert [law.formula(None, 0, twice) for law in laws] == [True, False, True]
    assert [law.formula(None, 0, twice.popped()) for law in laws] == [True, False, True]
    assert [law.formula(None, 0, twice.none()) for law in laws] == [True, True, True]
