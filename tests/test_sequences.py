"""Lists and bytes of a proof do what CPython's do; what has grown is never seen under an old name."""

from types import SimpleNamespace

import pytest

from proofs.engine import path as paths
from proofs.engine.cut import arbitrary_like
from proofs.engine.dictionary import length
from proofs.engine.kinds import kind_of
from proofs.engine.path import EngineError
from proofs.engine.runtime import attribute, indexed, plus
from proofs.engine.sequences import BYTES, LIST, SymSequence, arbitrary, empty, empty_bytearray, frozen
from proofs.engine.values import SymInt, term_of
from tests.entailment import entailed, holds, single_path


def content(path, made: SymSequence) -> list[int]:
    """The members, each of which must follow from what is known."""
    size = next(n for n in range(9) if entailed(path, term_of(length(made)) == n))
    return [next(v for v in range(256) if entailed(path, term_of(made.items[i]) == v)) for i in range(size)]


def some_bytes(*members: int) -> SymSequence:
    """Bytes of these numbers."""
    items = empty(BYTES).items
    for place, member in enumerate(members):
        items = items.set(place, member)
    return SymSequence(BYTES, items, len(members))


def test_a_list_grows_as_in_cpython():
    def run(path):
        plain, made = [], empty(LIST)
        for more in ((), (7,), (8, 9)):
            plain += more
            made = plus(made, more)
        assert content(path, made) == plain

    single_path(run)


def test_a_bytearray_grows_as_in_cpython_and_bytes_of_it_stay():
    def run(path):
        plain, made = bytearray(), empty_bytearray()
        plain += b"\x01\x02"
        made = plus(made, some_bytes(1, 2))
        then, kept = bytes(plain), frozen(made)
        plain += b"\x03"
        made = plus(made, some_bytes(3))
        assert content(path, made) == list(plain)
        assert content(path, kept) == list(then)

    single_path(run)


def test_an_item_is_one_inside_the_bounds():
    def run(path):
        made, place = some_bytes(5, 6), SymInt(path.integer("place"))
        assert entailed(path, term_of(made[1]) == 6)
        made[place]

    path = single_path(run)
    assert not holds(path.obligations[-1])


def test_bytes_are_bytes():
    def run(path):
        member = arbitrary(BYTES, "some")[0]
        assert entailed(path, term_of(member) < 256)

    single_path(run)


@pytest.mark.parametrize(
    "use",
    [
        lambda old: old[0],
        length,
        lambda old: plus(old, (1,)),
        lambda old: old.items,
        lambda old: old.size,
    ],
)
def test_what_has_grown_is_not_seen_under_its_old_name(use):
    """In CPython the old name sees the growth, too."""

    def run(path):
        old = empty(LIST)
        plus(old, (4,))
        with pytest.raises(EngineError, match="old name"):
            use(old)

    single_path(run)


def test_a_loop_that_may_let_a_list_grow_takes_the_old_one_away():
    def run(path):
        old, kept = empty(LIST), some_bytes(1)
        assert kind_of(arbitrary_like(old)) == LIST
        assert kind_of(arbitrary_like(kept)) == BYTES
        assert content(path, kept) == [1]
        with pytest.raises(EngineError, match="old name"):
            length(old)

    single_path(run)


WRONG = {
    "bytes grow": lambda: plus(some_bytes(1), some_bytes(2)),
    "a list grows by bytes": lambda: plus(empty(LIST), some_bytes(2)),
    "a bytearray grows by a tuple": lambda: plus(empty_bytearray(), (1,)),
    "a sum": lambda: some_bytes(1) + some_bytes(2),
    "a list with a truth in it": lambda: plus(empty(LIST), (True,)),
    "truth": lambda: bool(some_bytes()),
    "equality": lambda: some_bytes(1) == some_bytes(1),
    "walked over": lambda: list(some_bytes(1)),
    "membership": lambda: 1 in some_bytes(1),
    "text": lambda: f"{some_bytes(1)}",
    "bytes of a list": lambda: frozen(empty(LIST)),
    "an attribute": lambda: attribute(some_bytes(1), "size"),
    "an item that is set": lambda: indexed(empty_bytearray()),
    "indexed with a truth": lambda: some_bytes(1)[True],
}


@pytest.mark.parametrize("use", WRONG.values(), ids=WRONG)
def test_nothing_else_is_done_with_a_sequence(use):
    def run(path):
        with pytest.raises(EngineError):
            use()

    single_path(run)


def test_no_sequence_where_the_header_may_be_moved():
    """What it holds could tell where the header lies."""

    def run(path):
        path.header = path.integer("heap")
        with pytest.raises(EngineError, match="moved"):
            empty(LIST)

    single_path(run)


def test_a_specification_lets_nothing_grow():
    def run(path):
        made = empty(LIST)
        with paths.current().ghost(), pytest.raises(EngineError, match="specification"):
            plus(made, (1,))

    single_path(run)
    assert SimpleNamespace  # no state is kept between paths
