"""Steps to the footprint of an address space: the way to a page stays where it was, level by level."""

from __future__ import annotations

from model.address_space.invariants import values_in
from model.address_space.state import NO_ROOT, present, proper, way_to
from model.language.logic import Clause, Transition, Truth, Word, every, implies, mention
from model.stack.floor import tables_untouched
from proofs.address_space.entries_on_way import made_of


def _way_then(name: str) -> Clause:
    """What slots are made of."""

    def formula(t: Transition) -> Truth:
        space, values = t.ghost[name], values_in(t.old)
        return space.entry.everywhere(lambda page: made_of(space, page, way_to(values, space.root, page)))

    return Clause("way_then", "the slots on the way to a page lay in the tables on that way", formula)


def _way_in_tables(name: str) -> Clause:
    """Which tables there are."""

    def formula(t: Transition) -> Truth:
        space, values = t.ghost[name], values_in(t.old)

        def known(page: Word) -> Truth:
            way = way_to(values, space.root, page)
            there = every([proper(page), space.root != NO_ROOT, mention(space.entry[page])])
            found: Truth = True
            for slot, entry in zip(way.slots, way.entries, strict=True):
                found = found & implies(there, space.holds(slot))
                there = there & present(entry)
            return found

        return space.entry.everywhere(known)

    return Clause("way_in_tables", "the tables on the way to a page are of this space, as far as they go", formula)


def _same_way(name: str) -> Clause:
    """No slot on the way to a page was touched."""

    def formula(t: Transition) -> Truth:
        space = t.ghost[name]

        def same(page: Word) -> Truth:
            old, new = (way_to(values_in(state), space.root, page) for state in (t.old, t.new))
            there = every([proper(page), space.root != NO_ROOT, mention(space.entry[page])])
            found: Truth = True
            for number, entry in enumerate(old.entries):
                equal = (new.slots[number] == old.slots[number]) & (new.entries[number] == entry)
                found = found & implies(there, equal)
                there = there & present(entry)
            return found

        return implies(tables_untouched(name, t), space.entry.everywhere(same))

    return Clause("same_way", "the way to a page leads where it led, as far as there is one", formula)


STEPS = {
    f"{name}_framed": (_way_then(name), _way_in_tables(name), _same_way(name))
    for name in ("address_space", "virtual_memory")
}
"""Operation -> what is shown before the law of the map."""
