"""Typed symbolic memory: one array per struct field, indexed by address (Burstall, Tuch).

TRUSTED.  It is sound because every access shows that a struct of that type is claimed at that
address, and every claim shows that it overlaps no other.  Releasing a claim turns its bytes into
arbitrary ones.  Bytes outside claims are a byte array.  Pages come and go by the contract of
model/machine.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import z3

from model.machine import CANONICAL_END, MAP_COST, MAP_RESTS_ON, PAGE_SIZE, UNMAP_COST, UNMAP_RESTS_ON
from proofs.checking.ends import unseen
from proofs.engine import path as paths
from proofs.engine.arrays import SymArray
from proofs.engine.ghost import SymMap, SymSet, bound, for_all
from proofs.engine.speclint import check
from proofs.engine.state import SymBytes, SymPages, SymState
from proofs.engine.values import SymBool, SymInt, term_of, total, wrap

Term = Any

CLAIMED = "a field is accessed only where a header of its type is known to be"
CLAIM_MAPPED = "a new header lies wholly in pages that the heap has mapped"
CLAIM_DISJOINT = "a new header overlaps no other header"
FITS = "a stored value fits the field"
RETIRED = "a header that goes does not leave its magic behind"
RAW_MAPPED = "raw bytes are touched only in mapped pages"
RAW_CLAIMS = "raw bytes are touched only where no header lies"
COPY_DISJOINT = "the ranges of a copy do not overlap"
UNMAP_MAPPED = "only pages that the heap has mapped are unmapped"
GIVEN_CLAIMS = "no header is left in memory that is given back"
UNMAP_CLAIMS = "no header is left in a page that is unmapped"


def number_of(address: Term, origin: Term, size: int) -> Term:
    """The k for which ``address`` is ``origin + k * size``; an error if that is not evident from the terms."""
    offset = z3.simplify(address - origin, som=True)
    terms = []
    for part in offset.children() if z3.is_add(offset) else [offset]:
        factor, rest = (part, z3.IntVal(1)) if z3.is_int_value(part) else (z3.IntVal(1), part)
        if z3.is_mul(part) and part.num_args() == 2 and z3.is_int_value(part.arg(0)):
            factor, rest = part.children()
        if factor.as_long() % size:
            raise paths.EngineError(f"{address} does not lie at {origin} + k * {size}")
        terms.append(z3.IntVal(factor.as_long() // size) * rest)
    return z3.simplify(z3.Sum(terms))


@dataclass
class SymOperation:
    """What loop specifications see of the operation in progress."""

    memory: SymMemory
    ghost: Any
    entry: SymState
    ghost_on_entry: Any = None
    heap: Any = None
    entered: bool = False
    settled: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        self.ghost_on_entry = self.ghost

    def settle(self) -> None:
        """The invariants are known to hold of memory and of the abstract state as they are now."""
        self.settled = (*self.memory.arrays.values(), self.ghost)

    @property
    def is_settled(self) -> bool:
        """Whether nothing of which invariants speak has changed since ``settle``."""
        now = (*self.memory.arrays.values(), self.ghost)
        return len(now) == len(self.settled) and all(a is b for a, b in zip(now, self.settled, strict=True))

    def now(self) -> SymState:
        """The state at this moment."""
        return self.memory.state()

    def advance(self, step: Callable[..., Any], state: tuple[Any, ...]) -> None:
        """The abstract state moves on."""
        check(step)
        with paths.current().ghost():
            self.ghost = paths.current().pure(lambda: step(self.ghost, *state))

    def claim(self, claim: Callable[..., Any], state: tuple[Any, ...]) -> None:
        """Show what is claimed; then it is known."""
        path = paths.current()
        check(claim)
        with path.ghost():
            stated = path.remembered(lambda: claim(*state))
        for name, sentence, truth, *needs in stated:
            path.show(f"{claim.__name__}.{name}", sentence, term_of(truth), needs[0] if needs else None)

    def forget(self, parts: Collection[str]) -> None:
        """These parts of the abstract state become arbitrary."""
        if parts:
            self.ghost = replace(self.ghost, **{part: anything_like(getattr(self.ghost, part)) for part in parts})


def anything_like(value: Any) -> Any:
    """An arbitrary ghost map or number."""
    if isinstance(value, SymMap):
        return type(value).arbitrary(value.stem, value.array.range())
    return SymInt(paths.current().integer("ghost"))


def _by_number(old: SymMap, place: Callable[[Any], Term]) -> Any:
    """The map from a number to what ``old`` has at the address ``place(number)``."""
    return old.redefined(lambda k: wrap(z3.Select(old.array, place(k))))


class SymMemory:
    """The Memory protocol over Z3 arrays."""

    def __init__(self, structs: dict[str, Any], numbered: Collection[str] = ()) -> None:
        self.structs = structs
        self.arrays: dict[str, SymMap] = {}
        self.cost: Any = 0
        self.log_length: Any = SymInt(paths.current().integer("log_length"))
        self.pages_mapped: Any = 0
        self.pages_asked: Any = 0
        self.asked_at: Any = 0
        self.refused: Any = False
        self.operation: SymOperation | None = None
        self.origins: dict[str, Term] = {}
        self.touched: list[tuple[Term, Term]] | None = []
        self.numbering: Mapping[str, Callable[[SymState], Any]] = {}
        self.settled: dict[str, SymMap] = {}
        for name, struct in structs.items():
            for field in struct.FIELDS:
                sort = z3.BoolSort() if field.kind == "flag" else z3.IntSort()
                self.arrays[f"{name}.{field.name}"] = SymMap.arbitrary(f"{name}.{field.name}", sort)
            claimed = SymSet.arbitrary(f"claimed.{name}", z3.BoolSort())
            self.arrays[f"claimed.{name}"] = claimed
            if name not in numbered:
                # ASSUMED: every header that is claimed lies at an address that is not negative.
                paths.current().know(claimed.all(lambda a: a >= 0).term, "claims are addresses")
        self.arrays["mapped"] = SymPages.arbitrary("mapped", z3.BoolSort())
        self.arrays["byte"] = SymBytes.arbitrary("byte", z3.IntSort())
        self.arrays["log"] = SymMap.arbitrary("log", z3.IntSort())

    def fork(self) -> SymMemory:
        """A memory in the same state, for another path."""
        other = object.__new__(SymMemory)
        other.__dict__.update(self.__dict__)
        other.arrays = dict(self.arrays)
        other.touched = None if self.touched is None else list(self.touched)
        return other

    def state(self) -> SymState:
        """A snapshot."""
        sizes = {name: struct.SIZE for name, struct in self.structs.items()}
        return SymState(dict(self.arrays), sizes, self.cost, self.log_length)

    # ------------------------------------------------------------ fields

    @unseen
    def read(self, field: Any, address: Any) -> Any:
        """Load a field; its value lies in the field's range."""
        self.pay(1)
        place = self._place(field.struct, address)
        self._show_claimed(field.struct.__name__, place)
        value = self.arrays[f"{field.struct.__name__}.{field.name}"][place]
        if field.kind != "flag":
            self._know_range(value.term, field.width)
        return value

    @unseen
    def write(self, field: Any, address: Any, value: Any) -> None:
        """Store a field; the value must fit."""
        self.pay(1)
        place = self._place(field.struct, address)
        self._show_claimed(field.struct.__name__, place)
        if field.kind != "flag":
            term = term_of(value)
            fits = z3.And(term >= 0, term < 2 ** (8 * field.width))
            paths.current().show("safety", FITS, fits)
        key = f"{field.struct.__name__}.{field.name}"
        self.arrays[key] = self.arrays[key].set(place, value)
        self._touch(term_of(address) + field.offset, field.width)
        paths.current().relocatable(term_of(value))
        if field.struct.__name__ in self.origins:
            paths.current().relocatable(term_of(place))

    @unseen
    def peek(self, field: Any, address: Any) -> Any:
        """Load what may be a field: that of a header if there is one, else what the bytes there say.

        Where no header is claimed, a field's array stands for what the bytes said when the operation began;
        so it does as long as nothing is known to have touched them.
        """
        self.pay(1)
        self._kept_by_address(field.struct)
        name, start = field.struct.__name__, term_of(address) + field.offset
        there = z3.And(start >= 0, self._mapped_throughout(start, start + field.width))
        paths.current().show("safety", RAW_MAPPED, there)
        kept = z3.BoolVal(self.touched is not None)
        for low, high in self.touched or []:
            kept = z3.And(kept, z3.Or(start + field.width <= low, high <= start))
        known = z3.Or(self.arrays[f"claimed.{name}"][address].term, kept)
        value = self.arrays[f"{name}.{field.name}"][address].term
        anything = z3.Const(paths.current().name("bytes"), value.sort())
        seen = wrap(z3.If(known, value, anything))
        if field.kind != "flag":
            self._know_range(seen.term, field.width)
        return seen

    def _touch(self, start: Term, size: int) -> None:
        """These bytes were written."""
        if self.touched is not None:
            self.touched.append((start, start + size))

    def _place(self, struct: Any, address: Any) -> Any:
        """Where the arrays of ``struct`` keep what lies at ``address``: there, or by its number."""
        origin = self.origins.get(struct.__name__)
        return address if origin is None else SymInt(number_of(term_of(address), origin, struct.SIZE))

    def array(self, field: Any, address: Any, count: Any) -> SymArray:
        """``count`` one-byte structs, side by side."""
        return SymArray(self, field, address, count)

    def _kept_by_address(self, struct: Any) -> None:
        """Structs that are kept by number can neither come nor go."""
        if struct.__name__ in self.origins:
            raise paths.EngineError(f"{struct.__name__} is kept by number")

    def _know_range(self, term: Term, width: int) -> None:
        # ASSUMED: a field of n bytes holds a number of n bytes.
        paths.current().know(z3.And(term >= 0, term < 2 ** (8 * width)), "range")

    def _show_claimed(self, struct: str, address: Any) -> None:
        if paths.current().ghost_depth:
            return
        paths.current().show("safety", CLAIMED, self.arrays[f"claimed.{struct}"][address].term)

    def pay(self, count: Any) -> None:
        """``count`` loads or stores more."""
        if paths.current().ghost_depth:
            return
        with paths.current().ghost():
            self.cost = self.cost + count

    # ------------------------------------------------------------ claims

    def number_from(self, origins: dict[str, Any]) -> None:
        """From now on these structs are kept by their number k, where they lie at origin + k * SIZE.

        A change of variables: a struct of that type at any other place is never accessed.
        """
        self.origins = {name: term_of(origin) for name, origin in origins.items()}

    def number_when_claimed(self, origins: Mapping[str, Callable[[SymState], Any]]) -> None:
        """These structs will be kept by number from the moment when an array of them is claimed."""
        self.numbering = origins

    @unseen
    def claim(self, struct: Any, address: Any) -> None:
        """A header comes into being; its fields hold anything."""
        self.touched = None
        path, name, at = paths.current(), struct.__name__, term_of(address)
        end = at + struct.SIZE
        pages = [self.arrays["mapped"][SymInt(edge / PAGE_SIZE)].term for edge in (at, end - 1)]
        path.show("safety", CLAIM_MAPPED, z3.And(at >= 0, *pages))
        for other in self.structs.values():
            path.show("safety", CLAIM_DISJOINT, self._outside(other, at, end))
        self.arrays[f"claimed.{name}"] = self.arrays[f"claimed.{name}"].set(address, True)
        for field in struct.FIELDS:
            key = f"{name}.{field.name}"
            sort = z3.BoolSort() if field.kind == "flag" else z3.IntSort()
            anything = z3.Const(path.name("anything"), sort)
            self.arrays[key] = self.arrays[key].set(address, wrap(anything))

    def _outside(self, struct: Any, low: Term, high: Term) -> Term:
        """Every claim of ``struct`` lies outside [low, high)."""
        name = struct.__name__
        if name not in self.settled:
            self._kept_by_address(struct)
        b = bound("b")
        claimed = z3.Select(self.settled.get(name, self.arrays[f"claimed.{name}"]).array, b)
        apart = z3.Or(b + struct.SIZE <= low, b >= high)
        return for_all([b], z3.Implies(claimed, apart), [claimed])

    @unseen
    def release(self, struct: Any, address: Any) -> None:
        """A header goes; its bytes become arbitrary."""
        self.touched = None
        path, name, at = paths.current(), struct.__name__, term_of(address)
        self._kept_by_address(struct)
        self._show_claimed(name, address)
        with path.ghost():
            retired = term_of(struct.retired(struct(self, address)))
        path.show("safety", RETIRED, retired)
        self.arrays[f"claimed.{name}"] = self.arrays[f"claimed.{name}"].set(address, False)
        self._scramble(at, at + struct.SIZE)

    @unseen
    def claim_array(self, struct: Any, address: Any, count: Any) -> None:
        """``count`` headers side by side come into being; their fields hold what the bytes there say."""
        self._kept_by_address(struct)
        self.touched = None
        path, name, at = paths.current(), struct.__name__, term_of(address)
        end = at + term_of(count) * struct.SIZE
        path.show("safety", CLAIM_MAPPED, z3.And(at >= 0, self._mapped_throughout(at, end)))
        for other in self.structs.values():
            path.show("safety", CLAIM_DISJOINT, self._outside(other, at, end))
        before = self.arrays[f"claimed.{name}"]

        def element(x: Any) -> Term:
            return z3.And(at <= x.term, x.term < end, (x.term - at) % struct.SIZE == 0)

        claimed = before.redefined(lambda x: SymBool(z3.Or(before[x].term, element(x))))
        if name in self.numbering:
            self.settled = {**self.settled, name: claimed}
            self._claim_numbers(struct, at, count)
            return
        self.arrays[f"claimed.{name}"] = claimed
        for field in struct.FIELDS:
            self._decode(f"{name}.{field.name}", field, element, term_of)

    def _claim_numbers(self, struct: Any, at: Term, count: Any) -> None:
        """Keep ``struct`` by number, the new array among them."""
        element, place = self._number(struct, at, count)
        before = self.arrays[f"claimed.{struct.__name__}"]
        claimed = before.redefined(lambda k: SymBool(z3.Or(before[k].term, element(k))))
        self.arrays[f"claimed.{struct.__name__}"] = claimed
        for field in struct.FIELDS:
            self._decode(f"{struct.__name__}.{field.name}", field, element, place)

    def _number(self, struct: Any, at: Term, count: Any) -> tuple[Callable[[Any], Term], Callable[[Any], Term]]:
        """From now on ``struct`` is kept by number, on entry, too; which numbers the new array has, and where they lie.

        Nothing of that type comes or goes any more, so where such structs lie is ``settled``.
        """
        name = struct.__name__
        with paths.current().ghost():
            origin = term_of(self.numbering[name](self.state()))
        self.origins = {**self.origins, name: origin}
        first = number_of(at, origin, struct.SIZE)

        def place(k: Any) -> Term:
            return origin + term_of(k) * struct.SIZE

        entry = self.operation.entry.arrays if self.operation else {}
        for key in [f"claimed.{name}", *(f"{name}.{field.name}" for field in struct.FIELDS)]:
            unchanged = key in entry and entry[key] is self.arrays[key]
            self.arrays[key] = _by_number(self.arrays[key], place)
            if key in entry:
                entry[key] = self.arrays[key] if unchanged else _by_number(entry[key], place)
        return lambda k: z3.And(first <= k.term, k.term < first + term_of(count)), place

    def _decode(self, key: str, field: Any, element: Any, place: Callable[[Any], Term]) -> None:
        """A field's values at new elements are the little-endian words that lie there."""
        old, content = self.arrays[key], self.arrays["byte"].array

        def value(x: Any) -> Any:
            base = place(x) + field.offset
            word = total([z3.Select(content, base + i) * 256**i for i in range(field.width)])
            return wrap(z3.If(element(x), word != 0 if field.kind == "flag" else word, old[x].term))

        self.arrays[key] = old.redefined(value)

    @unseen
    def release_array(self, struct: Any, address: Any, count: Any) -> None:
        """``count`` headers side by side go; their bytes become arbitrary."""
        self.release_range(struct, address, SymInt(term_of(address) + term_of(count) * struct.SIZE))

    def _mapped_throughout(self, low: Term, high: Term) -> Term:
        """Every page that [low, high) touches is mapped."""
        pages: Any = self.arrays["mapped"]
        return pages.covers(SymInt(low), SymInt(high)).term

    # ------------------------------------------------------------ raw bytes

    @unseen
    def fill(self, address: Any, size: Any, byte: Any) -> None:
        """memset over mapped memory without headers."""
        self.touched = None
        at, value = term_of(address), term_of(byte)
        end = self._raw_range(at, term_of(size))
        paths.current().show("safety", FITS, z3.And(value >= 0, value < 256))
        before = self.arrays["byte"]
        self.arrays["byte"] = before.redefined(
            lambda x: SymInt(z3.If(z3.And(at <= x.term, x.term < end), value, before[x].term))
        )
        self.pay(SymInt((term_of(size) + 7) / 8))

    @unseen
    def copy(self, target: Any, source: Any, size: Any) -> None:
        """memcpy between disjoint ranges of mapped memory without headers."""
        self.touched = None
        to, start = term_of(target), term_of(source)
        end, source_end = self._raw_range(to, term_of(size)), self._raw_range(start, term_of(size))
        paths.current().show("safety", COPY_DISJOINT, z3.Or(end <= start, source_end <= to, end == to))
        before = self.arrays["byte"]
        self.arrays["byte"] = before.redefined(
            lambda x: wrap(
                z3.If(
                    z3.And(to <= x.term, x.term < end),
                    z3.Select(before.array, x.term - to + start),
                    before[x].term,
                )
            )
        )
        self.pay(SymInt(2 * ((term_of(size) + 7) / 8)))

    def _raw_range(self, low: Term, size: Term) -> Term:
        """The end of a range of raw bytes, shown to be mapped and free of headers."""
        path, end = paths.current(), low + size
        path.show("safety", RAW_MAPPED, z3.And(low >= 0, size >= 0, self._mapped_throughout(low, end)))
        for struct in self.structs.values():
            path.show("safety", RAW_CLAIMS, self._outside(struct, low, end))
        return end

    @unseen
    def release_range(self, struct: Any, low: Any, high: Any) -> None:
        """Every header of that type in [low, high) goes; the bytes there become arbitrary."""
        self.touched = None
        self._kept_by_address(struct)
        key = f"claimed.{struct.__name__}"
        before = self.arrays[key]
        start, end = term_of(low), term_of(high)
        self.arrays[key] = before.redefined(
            lambda x: SymBool(z3.And(before[x].term, z3.Or(x.term < start, x.term >= end)))
        )
        self._scramble(start, end)

    def _scramble(self, low: Term, high: Term) -> None:
        """The bytes of [low, high) become arbitrary; all others stay."""
        before, after = self.state(), SymBytes.arbitrary("byte", z3.IntSort())
        self.arrays["byte"] = after
        paths.current().know(after.unchanged_outside(before, SymInt(low), SymInt(high)).term)

    # ------------------------------------------------------------ pages

    @unseen
    def map(self, address: Any, pages: Any) -> bool:
        """The contract of map: all of it fresh and zeroed, or nothing."""
        self.touched = None
        path = paths.current()
        path.rests |= frozenset(MAP_RESTS_ON)
        base, count = term_of(address), term_of(pages)
        end = base + count * PAGE_SIZE
        with path.ghost():
            self.pages_asked, self.asked_at = self.pages_asked + SymInt(count), SymInt(base)
            self._charge(count, MAP_COST)
        granted = z3.Bool(path.name("map_granted"))
        if not path.branch(granted):
            self.refused = True
            return False
        with path.ghost():
            self.pages_mapped = self.pages_mapped + SymInt(count)
        # ASSUMED: map grants only aligned, canonical, not empty ranges.
        path.know(z3.And(base % PAGE_SIZE == 0, count > 0, end <= CANONICAL_END), "map")
        p, x = bound("p"), bound("x")
        before, bytes_before = self.arrays["mapped"], self.arrays["byte"].array
        inside = z3.And(base <= p * PAGE_SIZE, p * PAGE_SIZE < end)
        member = z3.Select(before.array, p)
        # ASSUMED: map grants only pages that are not mapped.
        path.know(for_all([p], z3.Implies(member, z3.Not(inside)), [member]), "map")
        for struct in self.structs.values():
            # ASSUMED: no header is claimed on a page that is not mapped.
            path.know(self._outside(struct, base, end), "map")
        self.arrays["mapped"] = before.redefined(
            lambda q: SymBool(z3.Or(before[q].term, z3.And(base <= q.term * PAGE_SIZE, q.term * PAGE_SIZE < end)))
        )
        self.arrays["byte"] = SymBytes.arbitrary("byte", z3.IntSort())
        now = z3.Select(self.arrays["byte"].array, x)
        fresh = z3.And(base <= x, x < end)
        # ASSUMED: a page that was just mapped reads as zero, and nothing else changed.
        path.know(for_all([x], now == z3.If(fresh, 0, z3.Select(bytes_before, x)), [now]))
        return True

    @unseen
    def is_mapped(self, address: Any, size: Any) -> bool:
        """The contract of is_mapped; no mapping reaches beyond CANONICAL_END."""
        path, low, high = paths.current(), term_of(address), term_of(address) + term_of(size)
        if path.branch(z3.Bool(path.name("is_mapped"))):
            # ASSUMED: is_mapped says True of ranges that are mapped and canonical,
            path.know(self._mapped_throughout(low, high), "is_mapped")
            path.know(z3.Implies(low < high, high <= CANONICAL_END), "is_mapped")
            return True
        page = path.integer("unmapped")
        touched = z3.And(low < high, low < (page + 1) * PAGE_SIZE, page * PAGE_SIZE < high)
        # ASSUMED: and False only of ranges that touch a page that is not mapped.
        path.know(z3.And(touched, z3.Not(self.arrays["mapped"][SymInt(page)].term)), "is_mapped")
        return False

    def find_place(self, pages: Any) -> Any:
        """The contract of find_place: any word at all."""
        address = paths.current().integer("place")
        self._know_range(address, 8)
        return SymInt(address)

    @unseen
    def unmap(self, address: Any, pages: Any) -> None:
        """The contract of unmap: the caller's own pages, free of headers."""
        self.touched = None
        path = paths.current()
        path.rests |= frozenset(UNMAP_RESTS_ON)
        base, count = term_of(address), term_of(pages)
        end = base + count * PAGE_SIZE
        p = bound("p")
        before = self.arrays["mapped"]
        member = z3.Select(before.array, p)
        inside = z3.And(base <= p * PAGE_SIZE, p * PAGE_SIZE < end)
        mine = for_all([p], z3.Implies(inside, member), [member])
        path.show("safety", UNMAP_MAPPED, z3.And(base % PAGE_SIZE == 0, count >= 0, mine))
        for struct in self.structs.values():
            path.show("safety", UNMAP_CLAIMS, self._outside(struct, base, end))
        with path.ghost():
            self._charge(count, UNMAP_COST)
        self.arrays["mapped"] = before.redefined(
            lambda q: SymBool(
                z3.And(before[q].term, z3.Not(z3.And(base <= q.term * PAGE_SIZE, q.term * PAGE_SIZE < end)))
            )
        )
        self._scramble(base, end)

    @unseen
    def give_away(self, address: Any, size: Any) -> None:
        """The memory goes back to whoever gave it, free of headers."""
        path, low, high = paths.current(), term_of(address), term_of(address) + term_of(size)
        for struct in self.structs.values():
            path.show("safety", GIVEN_CLAIMS, self._outside(struct, low, high))
        p, before, after = bound("p"), self.arrays["mapped"], SymPages.arbitrary("mapped", z3.BoolSort())
        inside = z3.And(low <= p * PAGE_SIZE, (p + 1) * PAGE_SIZE <= high)
        member = z3.Select(after.array, p)
        # ASSUMED: of memory that was given back its owner may write every byte, and unmap whole pages; no other.
        path.know(for_all([p], z3.Or(inside, member == z3.Select(before.array, p)), [member]))
        self._scramble(low, high)
        self.arrays["mapped"] = after

    def _charge(self, pages: Term, per_page: int) -> None:
        """Some cost of at most ``per_page`` for each page."""
        extra = paths.current().integer("paging_cost")
        # ASSUMED: map and unmap cost at most MAP_COST and UNMAP_COST loads and stores a page.
        paths.current().know(z3.And(extra >= 0, extra <= pages * per_page), "map")
        self.cost = self.cost + SymInt(extra)

    # ------------------------------------------------------------ log

    @unseen
    def log(self, message: str, *values: Any) -> None:
        """One more line; its first value is remembered."""
        with paths.current().ghost():
            if values:
                self.arrays["log"] = self.arrays["log"].set(self.log_length, values[0])
            self.log_length = self.log_length + 1

    # ------------------------------------------------------------ loops

    def havoc(self, changes: Collection[str], keep_cost: bool = False) -> None:
        """Forget everything named in ``changes``, and the cost unless it is to be kept."""
        path = paths.current()
        self.touched = None
        if not keep_cost:
            self.cost = SymInt(path.integer("cost"))
            path.know(self.cost.term >= 0)
        for key in changes:
            if key == "log":
                self.log_length = SymInt(path.integer("log_length"))
            old = self.arrays[key]
            new = self.arrays[key] = type(old).arbitrary(old.stem, old.array.range())
            if isinstance(new, SymSet) and key.startswith("claimed.") and key[len("claimed.") :] not in self.origins:
                path.know(new.all(lambda a: a >= 0).term, "claims are addresses")

    def changed_since(self, before: SymState) -> list[str]:
        """Names of the parts that differ from a snapshot."""
        return [key for key, value in self.arrays.items() if not value.array.eq(before.arrays[key].array)]
