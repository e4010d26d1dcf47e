"""What is claimed of the lists: counted sets, rings and bins, each with the links in memory that show it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate
from model.language.words import NULL
from model.library import bins, counted, ring
from model.library.change import change, laws_of
from model.library.state import Parts


@clause("the first node is that of the last number, NULL if there is none")
def begins(parts: Parts) -> Truth:
    return parts.first == parts.members.top


@clause("each node leads to the one of the next lower number, the lowest to NULL")
def leads_down(parts: Parts) -> Truth:
    return parts.members.linked(parts.following)


@clause("each node leads to the next one, and that one back")
def leads_on(parts: Parts) -> Truth:
    return parts.ring.linked(parts.following, parts.previous)[0]


@clause("each node leads to the one before it, and that one forth")
def leads_back(parts: Parts) -> Truth:
    return parts.ring.linked(parts.following, parts.previous)[1]


@clause("each node leads to the next one in its bin")
def leads_in_bin(parts: Parts) -> Truth:
    return parts.bins.linked(parts.following)


COUNTED = laws_of("members", counted.LAWS)
LIST = (*COUNTED, begins, leads_down)
RING = (*laws_of("ring", ring.LAWS), leads_on, leads_back)
BINS = (*laws_of("bins", bins.LAWS), leads_in_bin)


@clause("the node is no member, and does not lie at NULL")
def no_member(state: Any, heap: Word, parts: Parts, arguments: dict[str, Any]) -> Truth:
    return (arguments["x"] != NULL) & negate(parts.members.has(arguments["x"]))


@clause("the node is a member")
def a_member(state: Any, heap: Word, parts: Parts, arguments: dict[str, Any]) -> Truth:
    return parts.members.has(arguments["x"])


@clause("there is a member")
def some_member(state: Any, heap: Word, parts: Parts, arguments: dict[str, Any]) -> Truth:
    return parts.members.count > 0


@clause("members are those that were, and the new one, which makes one more")
def one_more(t: Transition) -> Truth:
    old, new = t.ghost.members, t.ghost_after.members
    return (new.has(t.y) == (old.has(t.y) | (t.y == t.x))) & (new.count == old.count + 1)


@clause("members are those that were but the one that went, which makes one less")
def one_less(t: Transition) -> Truth:
    old, new = t.ghost.members, t.ghost_after.members
    return (new.has(t.y) == (old.has(t.y) & (t.y != t.x))) & (new.count == old.count - 1)


@clause("members are those that were but the first node, which makes one less")
def first_less(t: Transition) -> Truth:
    old, new = t.ghost.members, t.ghost_after.members
    return (new.has(t.y) == (old.has(t.y) & (t.y != t.ghost.first))) & (new.count == old.count - 1)


def _pushed(t: Transition) -> Parts:
    parts: Parts = t.ghost
    return replace(
        parts,
        members=parts.members.pushed(t.x),
        following=parts.following.set(t.x, parts.first),
        first=t.x,
    )


def _popped(t: Transition) -> Parts:
    parts: Parts = t.ghost
    return replace(parts, members=parts.members.popped(), first=parts.following[parts.first])


def _without(t: Transition) -> Parts:
    parts: Parts = t.ghost
    return replace(parts, members=parts.members.without(t.x))


@clause("the node is none of the ring; the one behind which it comes is")
def comes_behind(state: Any, heap: Word, parts: Parts, arguments: dict[str, Any]) -> Truth:
    return negate(parts.ring.nodes[arguments["x"]]) & parts.ring.nodes[arguments["after"]]


@clause("the node is a member of the ring")
def in_ring(state: Any, heap: Word, parts: Parts, arguments: dict[str, Any]) -> Truth:
    return parts.ring.has(arguments["x"])


@clause("the new member stands behind that node, and all others in the order in which they were")
def order_kept(t: Transition) -> Truth:
    old, new = t.ghost.ring, t.ghost_after.ring
    in_order = (old.place[t.y] < old.place[t.z]) == (new.place[t.y] < new.place[t.z])
    known = every([old.nodes[t.y], old.nodes[t.z]])
    return (new.place[t.x] == new.place[t.after] + 1) & implies(known, in_order)


@clause("the other members stand in the order in which they were, one less")
def others_in_order(t: Transition) -> Truth:
    old, new = t.ghost.ring, t.ghost_after.ring
    in_order = (old.place[t.y] < old.place[t.z]) == (new.place[t.y] < new.place[t.z])
    return (new.length == old.length - 1) & implies(new.nodes[t.y] & new.nodes[t.z], in_order)


def _inserted(t: Transition) -> Parts:
    parts: Parts = t.ghost
    following = parts.following[t.after]
    return replace(
        parts,
        ring=parts.ring.inserted(t.x, t.after),
        following=parts.following.set(t.x, following).set(t.after, t.x),
        previous=parts.previous.set(t.x, t.after).set(following, t.x),
    )


def _removed(t: Transition) -> Parts:
    parts: Parts = t.ghost
    before, behind = parts.previous[t.x], parts.following[t.x]
    return replace(
        parts,
        ring=parts.ring.removed(t.x),
        following=parts.following.set(before, behind),
        previous=parts.previous.set(behind, before),
    )


@clause("there is such a bin, and the node is in none and does not lie at NULL")
def in_no_bin(state: Any, heap: Word, parts: Parts, arguments: dict[str, Any]) -> Truth:
    return every(
        [parts.bins.is_bin(arguments["b"]), arguments["x"] != NULL, negate(parts.bins.members[arguments["x"]])]
    )


@clause("there is such a bin, and it is not empty")
def bin_filled(state: Any, heap: Word, parts: Parts, arguments: dict[str, Any]) -> Truth:
    return parts.bins.is_bin(arguments["b"]) & (parts.bins.first[arguments["b"]] != NULL)


@clause("the new node is the first of its bin, and all others lie where they lay")
def first_of_bin(t: Transition) -> Truth:
    old, new = t.ghost.bins, t.ghost_after.bins
    here = (t.y == t.x) & (t.c == t.b)
    return (new.first[t.b] == t.x) & (new.has(t.y, t.c) == (here | old.has(t.y, t.c)))


@clause("the first of the bin lies in none, and all others lie where they lay")
def out_of_bin(t: Transition) -> Truth:
    old, new = t.ghost.bins, t.ghost_after.bins
    return new.has(t.y, t.c) == (old.has(t.y, t.c) & (t.y != old.first[t.b]))


def _sorted_in(t: Transition) -> Parts:
    parts: Parts = t.ghost
    return replace(
        parts,
        bins=parts.bins.pushed(t.x, t.b),
        following=parts.following.set(t.x, parts.bins.first[t.b]),
    )


def _taken_out(t: Transition) -> Parts:
    parts: Parts = t.ghost
    return replace(parts, bins=parts.bins.popped(t.b))


CHANGES: tuple[Operation, ...] = (
    change("list_push", ("x", "y"), LIST, _pushed, (one_more,), (no_member,)),
    change("list_pop", ("y",), LIST, _popped, (first_less,), (some_member,)),
    change("counted_remove", ("x", "y"), COUNTED, _without, (one_less,), (a_member,)),
    change("ring_insert", ("x", "after", "y", "z"), RING, _inserted, (order_kept,), (comes_behind,)),
    change("ring_remove", ("x", "y", "z"), RING, _removed, (others_in_order,), (in_ring,)),
    change("bins_push", ("x", "b", "y", "c"), BINS, _sorted_in, (first_of_bin,), (in_no_bin,)),
    change("bins_pop", ("b", "y", "c"), BINS, _taken_out, (out_of_bin,), (bin_filled,)),
)
