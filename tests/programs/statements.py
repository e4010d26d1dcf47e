"""Random statements of the language."""

from __future__ import annotations

from collections.abc import Callable

from tests.programs.expressions import CELL_WORDS, NODE_WORDS, arguments, flag, truth, value, word
from tests.programs.writing import ADDER, FLAG, MAYBE, NODE, NOTHING, PAIR, TABLE, TUPLE, WORD, Place, Sheet

ERRORS = ("InvalidFree", "DoubleFree", "NotValid", "ValueError")
CAUGHT = ("InvalidFree", "ValueError", "DrystoneError", "(InvalidFree, ValueError)", "(DoubleFree, NotValid)")
WIDTHS = {"a": 64, "b": 32, "c": 8, "small": 8, "medium": 16, "large": 32, "huge": 64}

Statement = Callable[[Sheet, Place], None]


def block(sheet: Sheet, place: Place, most: int = 3) -> None:
    """Some statements; the last may leave the block."""
    for _ in range(sheet.random.randint(1, most)):
        sheet.random.choice(_possible(sheet, place))(sheet, place)
    if place.depth > 0 and sheet.chance(8 if place.trying else 22):
        leave(sheet, place)


def _possible(sheet: Sheet, place: Place) -> list[Statement]:
    """The statements that may stand here."""
    simple: list[Statement] = [_assign, _assign, _assign, _again, _again, _augment, _unpack, _swap]
    if sheet.has_self:
        simple += [_store, _store, _store_flag, _store_node, _log, _call]
    if place.depth >= 2:
        return simple
    nested: list[Statement] = [_if, _if, _if, _try, _if_raise]
    return simple + nested + ([] if place.final else [_while, _for_range, _for_tuple])


# ---------------------------------------------------------------- values and stores


def _assign(sheet: Sheet, place: Place) -> None:
    kinds = (
        [WORD] * 5 + [FLAG, FLAG, MAYBE, PAIR, PAIR, TUPLE, ADDER] + [NODE, NODE, TABLE] * (1 if sheet.has_self else 0)
    )
    kind = sheet.random.choice(kinds)
    said, name = value(sheet, kind, 2), sheet.fresh()
    sheet.write(f"{name}: {'bool' if kind == FLAG else 'object'} = {said}" if sheet.chance(10) else f"{name} = {said}")
    sheet.locals[name] = kind


def _again(sheet: Sheet, place: Place) -> None:
    """A local that is there gets another value of its kind."""
    kinds = {WORD, FLAG, NODE} if place.cut else {WORD, FLAG, MAYBE, PAIR, TUPLE, NODE}
    there = [name for name, kind in sheet.locals.items() if kind in kinds and name not in sheet.kept]
    if there:
        name = sheet.random.choice(there)
        sheet.write(f"{name} = {value(sheet, sheet.locals[name], 2)}")


def _augment(sheet: Sheet, place: Place) -> None:
    name = sheet.one_of(WORD)
    if name and name not in sheet.kept:
        operator, right = sheet.random.choice((("+=", 2), ("-=", 1), ("*=", 3), ("//=", 2), ("%=", 10), ("|=", 1)))
        sheet.write(f"{name} {operator} {right if sheet.chance(70) else word(sheet, 0)}")


def _unpack(sheet: Sheet, place: Place) -> None:
    if sheet.one_of(TUPLE) and sheet.chance(30):
        first, second, third = sheet.fresh(), sheet.fresh(), sheet.fresh()
        sheet.write(f"({first}, {second}), {third} = {sheet.one_of(TUPLE)}, {word(sheet, 1)}")
        sheet.locals.update({first: WORD, second: WORD, third: WORD})
        return
    source = sheet.one_of(TUPLE) or sheet.one_of(PAIR) or f"({word(sheet, 1)}, {word(sheet, 0)})"
    first, second = sheet.fresh(), sheet.fresh()
    sheet.write(f"{first}, {second} = {source}")
    sheet.locals.update({first: WORD, second: WORD})


def _swap(sheet: Sheet, place: Place) -> None:
    first, second = sheet.one_of(WORD), sheet.one_of(WORD)
    if first and second and first != second and not {first, second} & sheet.kept:
        sheet.write(f"{first}, {second} = {second}, {first}")


def _fitting(sheet: Sheet, field: str) -> str:
    """A value for a field; mostly one that fits."""
    said = word(sheet, 1)
    return said if WIDTHS[field] == 64 or sheet.chance(8) else f"{said} & {2 ** WIDTHS[field] - 1:#x}"


def _store(sheet: Sheet, place: Place) -> None:
    field = sheet.random.choice(CELL_WORDS)
    sheet.write(f"self.{field} = {_fitting(sheet, field)}")


def _store_flag(sheet: Sheet, place: Place) -> None:
    target = sheet.random.choice(("self.d", f"{sheet.one_of(NODE) or 'self'}.on"))
    sheet.write(f"{'self.d' if target == 'self.on' else target} = {flag(sheet)}")


def _store_node(sheet: Sheet, place: Place) -> None:
    there = sheet.one_of(NODE)
    if there and sheet.chance(25):
        sheet.write(f"{there}.next, self.link = self.link, {there}.next")
    elif there:
        field = sheet.random.choice(NODE_WORDS)
        sheet.write(f"{there}.{field} = {_fitting(sheet, field)}")
    else:
        sheet.write(f"Node(self.memory, self.link).huge = {word(sheet)}")


def _log(sheet: Sheet, place: Place) -> None:
    more = f", {word(sheet)}" if sheet.chance(70) else ""
    sheet.write(f'self.memory.log("{"seen {}" if more else "seen"}"{more})')


def _call(sheet: Sheet, place: Place) -> None:
    there = [one for one in sheet.functions if one.method]
    if there and sheet.afford(1):
        chosen = sheet.random.choice(there)
        sheet.write(f"{chosen.call}({arguments(sheet, chosen.takes, 1)})")


# ---------------------------------------------------------------- decisions


def _if(sheet: Sheet, place: Place) -> None:
    if not sheet.afford(1):
        return
    with sheet.block(f"if {truth(sheet)}:"):
        block(sheet, place.inside(trying=False), 2)
    if sheet.chance(30) and sheet.afford(1):
        with sheet.block(f"elif {truth(sheet)}:"):
            block(sheet, place.inside(trying=False), 2)
    if sheet.chance(50):
        with sheet.block("else:"):
            block(sheet, place.inside(trying=False), 2)


def _if_raise(sheet: Sheet, place: Place) -> None:
    if sheet.afford(1):
        with sheet.block(f"if {flag(sheet)}:"):
            _raise(sheet, place)


def _raise(sheet: Sheet, place: Place) -> None:
    if place.handling and sheet.chance(40):
        sheet.write("raise")
        return
    message = sheet.random.choice((f'f"no {{{word(sheet, 0)}:#x}}"', '"no"', f'"no", {word(sheet, 0)}'))
    sheet.write(f"raise {sheet.random.choice(ERRORS)}({message})")


def leave(sheet: Sheet, place: Place) -> None:
    """A statement that leaves the block."""
    ways: list[Callable[[], None]] = [lambda: _raise(sheet, place)]
    if not place.final:
        ways.append(lambda: give_back(sheet))
    if place.looping and not place.protected and not place.final:
        ways += [lambda: sheet.write("break"), lambda: sheet.write("continue")]
    sheet.random.choice(ways)()


def give_back(sheet: Sheet) -> None:
    """``return`` of a value of the kind that the function gives."""
    sheet.write(f"return {value(sheet, sheet.gives, 2)}" if sheet.gives != NOTHING else "return")


def _try(sheet: Sheet, place: Place) -> None:
    final, handled = sheet.chance(50), sheet.chance(75)
    inside = place.inside(protected=place.protected or final, trying=True)
    with sheet.block("try:"):
        block(sheet, inside, 2)
        if sheet.chance(50):
            _if_raise(sheet, inside)
    if handled or not final:
        with sheet.block(f"except {sheet.random.choice(CAUGHT)}:"):
            block(sheet, inside.inside(handling=True, trying=False), 2)
        if sheet.chance(25):
            with sheet.block("else:"):
                block(sheet, inside, 1)
    if final:
        with sheet.block("finally:"):
            block(sheet, place.inside(final=True, looping=False), 1)


# ---------------------------------------------------------------- loops


def _while(sheet: Sheet, place: Place) -> None:
    """A loop of at most so many rounds, that counts before anything else."""
    most = sheet.random.choice((1, 2, 3))
    if sheet.rounds * most > 4:
        return
    name = sheet.fresh()
    by_value = sheet.afford(most)
    bound = f"({word(sheet, 1)} & {most})" if by_value else str(most)
    sheet.write(f"{name} = 0")
    sheet.locals[name] = WORD
    limit = sheet.fresh()
    sheet.write(f"{limit} = {bound}")
    sheet.locals[limit] = WORD
    with _round(sheet, f"while {'True' if sheet.chance(30) else f'{name} < {limit}'}:", most, {name, limit}):
        if "while True" in sheet.lines[-1]:
            with sheet.block(f"if {name} >= {limit}:"):
                sheet.write("break")
        sheet.write(f"{name} = {name} + 1")
        block(sheet, place.inside(looping=True, protected=False, trying=False), 2)


def _for_range(sheet: Sheet, place: Place) -> None:
    source, most = sheet.random.choice((("range(2)", 2), ("range(1, 4)", 3), ("range(3, 0, -2)", 2)))
    if sheet.rounds * most <= 4:
        _for(sheet, place, source, most)


def _for_tuple(sheet: Sheet, place: Place) -> None:
    source = sheet.random.choice((f"({word(sheet, 1)}, {word(sheet, 0)})", "PAIR", sheet.one_of(TUPLE) or "(4, 2)"))
    if sheet.rounds * 2 <= 4:
        _for(sheet, place, source, 2)


def _for(sheet: Sheet, place: Place, source: str, most: int) -> None:
    name = sheet.fresh()
    with _round(sheet, f"for {name} in {source}:", most, {name}):
        sheet.locals[name] = WORD
        block(sheet, place.inside(looping=True, protected=False, trying=False), 2)


class _round:
    """The block of a loop: what stands in it is executed up to ``most`` times; ``kept`` are its own."""

    def __init__(self, sheet: Sheet, head: str, most: int, kept: set[str]) -> None:
        self.sheet, self.most, self.kept = sheet, most, kept
        self.block = sheet.block(head)

    def __enter__(self) -> None:
        self.block.__enter__()
        self.sheet.rounds *= self.most
        self.before = set(self.sheet.kept)
        self.sheet.kept |= self.kept

    def __exit__(self, *error: object) -> None:
        self.sheet.rounds //= self.most
        self.sheet.kept = self.before
        self.block.__exit__(None, None, None)


def cut_loop(sheet: Sheet, i: str, limit: str) -> None:
    """A loop with a true invariant: its counter ``i`` does not pass its limit.  There may be one in it."""
    sheet.write(f"{i} = 0")
    sheet.write(f"{limit} = {word(sheet, 1)} & 3")
    sheet.locals.update({i: WORD, limit: WORD})
    with _round(sheet, f"while {i} < {limit}:", 1, {i, limit}):
        sheet.write(f'loop("spec", self, {i}, {limit})')
        sheet.write(f"{i} = {i} + 1")
        block(sheet, Place(looping=True, cut=True, depth=1), 2)
        if i == "i" and sheet.chance(30):
            cut_loop(sheet, "j", "border")


def guarded(sheet: Sheet, write: Callable[[], None]) -> None:
    """Something, now and then in a ``try``."""
    if not sheet.chance(30):
        write()
        return
    with sheet.block("try:"):
        write()
    with sheet.block(f"except {sheet.random.choice(CAUGHT)}:"):
        block(sheet, Place(depth=1, handling=True, cut=True), 1)
