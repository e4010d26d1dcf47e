"""Calls of what works on memory of its own: laws are known of what the caller sees, and nothing else."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from model.language.laws import Law, OnlyHeaders, Parts, Same, law_of
from model.language.logic import Clause, Operation, Subject
from proofs.engine.contract import Contract
from proofs.engine.ghost import SymMap
from proofs.engine.operation import Proof
from proofs.engine.path import current
from proofs.engine.values import SymInt
from tests.strangers import module_of, nothing, open_theorems, text


@dataclass(frozen=True)
class Stock:
    """What a pool says: how many things are left."""

    left: Any


@dataclass(frozen=True)
class Size:
    """What a pool says of itself."""

    size: Any


def stock(state: Any, heap: Any, ghost: Any) -> Stock:
    return Stock(state.fields("Pool").a[heap])


def size(state: Any, heap: Any, ghost: Any) -> Size:
    return Size(heap)


TAKES = Law("takes", "one thing less is left", Stock, lambda old, new, t: new.left == old.left - 1)
TELLS = Law("tells", "the number that is left is told", Stock, lambda old, new, t: t.result == new.left)
KEEPS = Law("keeps", "the pool stays as large", Size, Same())
ALONE = Law("alone", "nothing is written but the pool", Size, OnlyHeaders())
SEEN = Parts(Stock, ("things",))
SIZE = Parts(Size, ("room",))
APART = ("pool.take.alone",)
pool_there = Clause("pool_there", "the pool is there", lambda state, heap, ghost: state.claimed("Pool")[heap])
TAKE = Operation(
    "take",
    (),
    lambda t: t.ghost,
    (TAKES.seen(stock), TELLS.seen(stock), KEEPS.seen(size), ALONE.seen(size)),
    raises=(),
    changes=("Pool.a",),
    returns="word",
)


@dataclass(frozen=True)
class Owner:
    """The abstract state of whoever takes things out of a pool."""

    things: Any
    room: Any
    shelf: Any


def any_owner() -> Owner:
    path = current()
    shelf = SymMap.arbitrary("shelf", path.integer("shelf").sort())
    return Owner(SymInt(path.integer("things")), SymInt(path.integer("room")), shelf)


def told(t: Any) -> Any:
    return (t.result == t.ghost.things - 2) & (t.ghost_after.room == t.ghost.room)


TWO = Operation(
    "two",
    (),
    lambda t: t.ghost_after,
    (Clause("told", "two things less are told to be left, in a pool as large", told),),
    raises=(),
)


def pool(operation: Operation) -> Proof:
    subject = Subject("pool", (pool_there,), (operation,))
    return Proof(subject, module_of("pool"), "Pool", ("Pool",), nothing, nothing)


def owner(contract: Contract, struct: str = "Cell") -> Proof:
    def invoke(edition: Any, memory: Any, address: Any, operation: str, arguments: dict[str, Any]) -> Any:
        return type("Owner", (getattr(edition, struct),), {"take": lambda self: contract.call()})(memory, address).two()

    subject = Subject("owner", (), (TWO,))
    return Proof(subject, module_of("owner"), struct, (struct,), any_owner, any_owner, invoke=invoke)


def taken(
    relied: Operation = TAKE,
    proved: Operation = TAKE,
    views: tuple[Parts, ...] = (SEEN, SIZE),
    struct: str = "Cell",
    takes: str = "self.a = self.a - 1",
) -> set[str]:
    """The open theorems of whoever takes things out of a pool, and relies on that of it."""
    proofs = (pool(proved), owner(Contract("pool", relied, views=views, apart=APART), struct))
    two = text(struct, "two", "self.take()\nreturn self.take()", calls="take")
    return open_theorems(proofs, {"pool": text("Pool", "take", f"{takes}\nreturn self.a"), "owner": two})


def test_laws_are_known_of_what_the_caller_sees() -> None:
    """The subtraction may leave the words: that alone is open below, and so is what rests on it."""
    assert taken() == {"pool.take.machine_width", "owner.two.rests"}


def test_a_proved_operation_on_memory_of_its_own_is_relied_on() -> None:
    drops = Law("takes", "no more is left", Stock, lambda old, new, t: new.left <= old.left)
    drop = replace(TAKE, ensures=(drops.seen(stock), *TAKE.ensures[1:]))
    falls = "if self.a > 0:\n    self.a = self.a - 1"
    assert taken(drop, drop, takes=falls) == {"owner.two.told"}


def test_no_law_is_known_that_was_not_proved() -> None:
    more = Law("takes", "two things less are left", Stock, lambda old, new, t: new.left == old.left - 2)
    relied = replace(TAKE, ensures=(more.seen(stock), *TAKE.ensures[1:]))
    assert Contract("pool", relied, views=(SEEN, SIZE), apart=APART).disagreements(TAKE) != []
    equal = replace(TAKES, sentence=TAKES.sentence)
    assert equal == TAKES
    relied = replace(TAKE, ensures=(equal.seen(stock), *TAKE.ensures[1:]))
    assert Contract("pool", relied, views=(SEEN, SIZE), apart=APART).disagreements(TAKE) != []


def test_a_clause_that_is_no_law_says_nothing_to_a_caller_with_other_memory() -> None:
    plain = Clause("plain", "one thing less is left", TAKES.seen(stock).formula.__call__)
    assert law_of(plain) is None
    contract = Contract("pool", replace(TAKE, ensures=(plain,)), views=(SEEN, SIZE), apart=APART)
    assert not contract.relied.ensures


def test_a_law_sees_nothing_of_memory_but_through_its_view() -> None:
    peeks = Law("peeks", "the first byte is 5", Stock, lambda old, new, t: t.new.bytes[0] == 5)
    peeking = replace(TAKE, ensures=(peeks.seen(stock),))
    assert {"pool.take.executes", "owner.two.executes"} <= taken(peeking, peeking)


def test_a_view_shows_what_the_law_speaks_of() -> None:
    wrong = replace(TAKE, ensures=(TAKES.seen(size),))
    assert "pool.take.executes" in taken(wrong, wrong)


@pytest.mark.parametrize(
    "views",
    [
        (Parts(Stock, ("things",)), Parts(Size, ("things",))),
        (Parts(Stock, ("things", "room")),),
        (Parts(Stock, ()),),
    ],
)
def test_each_part_that_a_law_speaks_of_is_a_part_of_its_own(views: tuple[Parts, ...]) -> None:
    assert Contract("pool", TAKE, views=views, apart=APART).disagreements(TAKE) != []


def test_a_view_of_the_callers_making_shows_nothing() -> None:
    class Constant(Parts):
        def __call__(self, state: Any, heap: Any, ghost: Any) -> Any:
            return self.of(5)

    assert Contract("pool", TAKE, views=(Constant(Stock, ("things",)), SIZE), apart=APART).disagreements(TAKE) != []


def test_parts_are_forgotten_unless_a_law_keeps_them() -> None:
    assert Contract("pool", TAKE, views=(SEEN, SIZE), apart=APART).relied.changes == ("ghost.things",)
    loose = replace(TAKE, ensures=TAKE.ensures[:2])
    assert Contract("pool", loose, views=(SEEN, SIZE), apart=APART).relied.changes == ("ghost.things", "ghost.room")


@pytest.mark.parametrize("part", ["byte", "mapped", "claimed.Pool", "log", "pages", "Cell.a"])
def test_it_changes_nothing_that_the_caller_sees(part: str) -> None:
    writes = replace(TAKE, changes=("Pool.a", part))
    contract = Contract("pool", writes, views=(SEEN, SIZE), apart=APART, structs=frozenset({"Cell"}))
    (sentence,) = contract.disagreements(writes)
    assert part in sentence


def test_a_struct_that_both_have_belongs_to_neither_alone() -> None:
    assert "owner.two.rests" in taken(struct="Pool")


def test_what_it_requires_of_its_own_memory_nobody_can_show() -> None:
    asks = replace(TAKE, requires=(Clause("some", "some are left", lambda s, h, g, x: s.fields("Pool").a[h] > 0),))
    assert Contract("pool", asks, views=(SEEN, SIZE), apart=APART).disagreements(asks) != []


def test_somebody_must_say_where_its_own_memory_lies() -> None:
    (sentence,) = Contract("pool", TAKE, views=(SEEN, SIZE)).disagreements(TAKE)
    assert "where the memory lies" in sentence
