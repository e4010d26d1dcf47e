"""Random expressions of the language, by the kind of their value."""

from __future__ import annotations

from collections.abc import Callable

from tests.programs.writing import ADDER, FLAG, MAYBE, NODE, PAIR, TABLE, TUPLE, WORD, Sheet

CELL_WORDS = ("a", "b", "c")
NODE_WORDS = ("small", "medium", "large", "huge")
CONSTANTS = ("0", "1", "2", "3", "7", "8", "12", "255", "4096", "LIMIT", "PAIR[1]", "Node.SIZE", "2**20")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def word(sheet: Sheet, depth: int = 2) -> str:
    """An expression whose value is a number."""
    if depth <= 0:
        return _simple_word(sheet)
    choices: tuple[Callable[[Sheet, int], str], ...] = (
        *(_arithmetic, _arithmetic, _arithmetic, _bits, _bits, _shift, _extreme, _chosen, _called, _part),
        *(_either, _length, _divided, lambda sheet, depth: _simple_word(sheet)),
    )
    return sheet.random.choice(choices)(sheet, depth - 1)


def _simple_word(sheet: Sheet) -> str:
    options = [sheet.random.choice(CONSTANTS)]
    name, view = sheet.one_of(WORD), sheet.one_of(NODE)
    options += [name, name, name] if name else []
    options += [f"self.{sheet.random.choice(CELL_WORDS)}"] * 2 if sheet.has_self else []
    options += [f"{view}.{sheet.random.choice(NODE_WORDS)}"] if view else []
    return sheet.random.choice(options)


def _arithmetic(sheet: Sheet, depth: int) -> str:
    left, right = word(sheet, depth), word(sheet, depth)
    operator = sheet.random.choice(("+", "+", "+", "*", "-"))
    if operator == "-":
        return f"(({left} & 255) + 300 - ({right} & 255))" if sheet.chance(80) else f"({left} - {right})"
    return f"(({left} & 0xFFFF) {operator} ({right} & 0xFFFF))" if sheet.chance(70) else f"({left} {operator} {right})"


def _divided(sheet: Sheet, depth: int) -> str:
    operator = sheet.random.choice(("//", "%"))
    if sheet.chance(25) and sheet.afford(1):
        return f"({word(sheet, depth)} {operator} {_simple_word(sheet)})"
    return f"({word(sheet, depth)} {operator} {sheet.random.choice(('2', '3', '8', '10', '4096', 'LIMIT'))})"


def _bits(sheet: Sheet, depth: int) -> str:
    operator = sheet.random.choice(("&", "|", "^"))
    right = word(sheet, 0) if sheet.chance(30) else sheet.random.choice(("1", "5", "0xF0", "0xFFF", "~7", "4096", "-8"))
    operator = "&" if right in ("~7", "-8") else operator
    return f"({word(sheet, depth)} {operator} {right})"


def _shift(sheet: Sheet, depth: int) -> str:
    by = f"({word(sheet, 0)} & 7)" if sheet.chance(35) else sheet.random.choice(("0", "1", "3", "12"))
    if sheet.chance(20):
        return f"(1 << {by})"
    if sheet.chance(50):
        return f"({word(sheet, depth)} >> {by})"
    return f"(({word(sheet, depth)} & 0xFFFF) << {by})"


def _extreme(sheet: Sheet, depth: int) -> str:
    if not sheet.afford(1):
        return word(sheet, 0)
    third = f", {word(sheet, 0)}" if sheet.chance(25) and sheet.afford(1) else ""
    return f"{sheet.random.choice(('min', 'max'))}({word(sheet, depth)}, {word(sheet, depth)}{third})"


def _chosen(sheet: Sheet, depth: int) -> str:
    if not sheet.afford(1):
        return word(sheet, 0)
    return f"({word(sheet, depth)} if {truth(sheet, depth)} else {word(sheet, depth)})"


def _either(sheet: Sheet, depth: int) -> str:
    if not sheet.afford(1):
        return word(sheet, 0)
    return f"({word(sheet, depth)} {sheet.random.choice(('and', 'or'))} {word(sheet, depth)})"


def _length(sheet: Sheet, depth: int) -> str:
    taken = sheet.one_of(TUPLE)
    if taken and sheet.chance(40):
        return f"len({taken})"
    return f"({word(sheet, depth)}).bit_length()"


def _part(sheet: Sheet, depth: int) -> str:
    pair, taken, maybe = sheet.one_of(PAIR), sheet.one_of(TUPLE), sheet.one_of(MAYBE)
    options = [f"{pair}.{sheet.random.choice(('first', 'second'))}", f"{pair}.greater()"] if pair else []
    options = [options[0]] if options and not sheet.afford(1) else options
    options += [_of_memory(sheet, depth)] if sheet.has_self else []
    adder = sheet.one_of(ADDER)
    options += [f"{adder}({word(sheet, depth)})", f"{adder}.more"] if adder else []
    options += [f"{taken}[{sheet.random.choice(('0', '1', '-1'))}]"] if taken else []
    options += [f"({maybe} or 0)", f"(6 if {maybe} is None else {maybe})"] if maybe and sheet.afford(1) else []
    return sheet.random.choice(options) if options else word(sheet, depth)


def _of_memory(sheet: Sheet, depth: int) -> str:
    """A word that a method of a struct or of memory gives."""
    there = sheet.one_of(NODE)
    options = [
        f"self.memory.peek(Node.{sheet.random.choice(NODE_WORDS)}, {sheet.random.choice((512, 640))})",
        f"Named(self.memory, self.link).total({sheet.random.choice(('', '2', 'more=3'))})",
    ]
    options += [f"Named({there}.memory, {there}.next).total()"] if there else []
    table = sheet.one_of(TABLE)
    options += [f"{table}[{word(sheet, 0)}{' & 3' if sheet.chance(85) else ''}]"] * 3 if table else []
    return sheet.random.choice(options)


def _called(sheet: Sheet, depth: int) -> str:
    return call(sheet, WORD, depth) or word(sheet, depth)


def call(sheet: Sheet, gives: str, depth: int) -> str | None:
    """A call of a function of the program that gives a value of that kind."""
    there = [one for one in sheet.functions if one.gives == gives and (sheet.has_self or not one.method)]
    if not there or not sheet.afford(1):
        return None
    chosen = sheet.random.choice(there)
    return f"{chosen.call}({arguments(sheet, chosen.takes, depth)})"


def arguments(sheet: Sheet, takes: tuple[str, ...], depth: int) -> str:
    """Arguments by place, or by name in any order; the last word may be left out."""
    said = [value(sheet, kind, depth) for kind in takes]
    if sheet.chance(20):
        named = [f"{name}={one}" for name, one in zip("nm", said, strict=False)]
        return ", ".join(sheet.random.sample(named, len(named)))
    return ", ".join(said[:1] if len(said) == 2 and sheet.chance(15) else said)


def value(sheet: Sheet, kind: str, depth: int = 1) -> str:
    """An expression whose value is of that kind."""
    if kind == FLAG:
        return flag(sheet, depth)
    if kind == MAYBE:
        return sheet.random.choice((sheet.one_of(MAYBE) or "None", "None", word(sheet, depth)))
    if kind == NODE:
        return view(sheet)
    if kind == PAIR:
        made = sheet.random.choice(("Pair({}, {})", "Pair(first={}, second={})", "Pair(second={}, first={})"))
        return sheet.one_of(PAIR) or made.format(word(sheet, depth), word(sheet, depth))
    if kind in (TUPLE, ADDER, TABLE):
        return _made(sheet, kind, depth)
    return word(sheet, depth) if kind == WORD else "None"


def _made(sheet: Sheet, kind: str, depth: int) -> str:
    if kind == ADDER:
        return f"Adder({word(sheet, depth)} & 0xFFFF)"
    return "self.memory.array(Tiny.value, 1024, 4)" if kind == TABLE else f"{word(sheet, depth)}, {word(sheet, depth)}"


def view(sheet: Sheet) -> str:
    """A view of a Node: one that is there, or one from an address in a field."""
    there = sheet.one_of(NODE)
    options = [f"Node(self.memory, {where})" for where in ("self.link", "self.link", "512")] if sheet.has_self else []
    options += [there, f"Node({there}.memory, {there}.next)", f"Node({there}.memory, {there}.address)"] if there else []
    return sheet.random.choice(options)


def flag(sheet: Sheet, depth: int = 1) -> str:
    """An expression whose value is True or False."""
    pick = sheet.random.randrange(12)
    if pick < 6 or depth <= 0:
        return f"({word(sheet, depth)} {sheet.random.choice(COMPARISONS)} {word(sheet, depth)})"
    if pick == 6 and sheet.afford(1):
        return f"({word(sheet, 0)} <= {word(sheet, depth - 1)} {sheet.random.choice(COMPARISONS)} {word(sheet, 0)})"
    if pick == 7 and sheet.afford(1):
        return f"({flag(sheet, depth - 1)} {sheet.random.choice(('and', 'or'))} {flag(sheet, depth - 1)})"
    if pick == 8 and sheet.afford(1):
        return f"(not {truth(sheet, depth - 1)})"
    if pick == 9:
        return f"({flag(sheet, depth - 1)} {sheet.random.choice(('&', '|', '^', '==', '!='))} {flag(sheet, depth - 1)})"
    return _simple_flag(sheet, depth)


def _simple_flag(sheet: Sheet, depth: int) -> str:
    name, maybe, node = sheet.one_of(FLAG), sheet.one_of(MAYBE), sheet.one_of(NODE)
    options = ["True", "False"]
    options += [name] * 3 if name else []
    options += [f"({maybe} is None)", f"({maybe} is not None)"] if maybe else []
    options += [f"{node}.on"] if node else []
    options += ["self.d"] * 2 if sheet.has_self else []
    called = call(sheet, FLAG, depth - 1) if sheet.chance(40) else None
    return called or sheet.random.choice(options)


def truth(sheet: Sheet, depth: int = 1) -> str:
    """An expression that is taken for a condition; the caller has paid for the decision."""
    if sheet.chance(75):
        return flag(sheet, depth)
    return sheet.one_of(MAYBE) or word(sheet, depth)
