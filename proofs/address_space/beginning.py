"""How the proof that an address space begins goes: the way to every page ends at once, in an empty root."""

from __future__ import annotations

from dataclasses import replace

from model.address_space.contract import BEGIN, maps_nothing_yet
from model.address_space.invariants import values_in
from model.address_space.state import ROOT, Space, frame_at, present, way_to
from model.language.logic import Transition, Truth, Word, clause, mention, negate
from proofs.address_space.way import way_now
from proofs.engine.helping import inner as lemma


def rooted_at(space: Space, root: Word) -> Space:
    """The space begins with that root."""
    f = frame_at(root)
    return replace(space, root=root, role=space.role.set(f, ROOT), number=space.number.set(f, 0))


@lemma
@clause("the entry of the root on the way to a page is not present")
def ends_at_once(t: Transition) -> Truth:
    space, values = t.ghost_after, values_in(t.new)

    def absent(page: Word) -> Truth:
        top = values[way_to(values, space.root, page).slots[0]]
        return mention(space.entry[page]) & negate(present(top))

    return True if t.raised else space.entry.everywhere(absent)


LAWS = tuple(replace(law, lemma=law is maps_nothing_yet) for law in BEGIN.ensures)
BEGUN = replace(BEGIN, ensures=(*LAWS, way_now, ends_at_once))
