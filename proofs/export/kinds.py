"""The kinds of values that a program has, as the translation to C tells them apart.

TRUSTED: a value of one kind is never written where C would read another.

    word      a machine word; in C uint64_t, or uint32_t if words have 32 bits, or a field that is narrower
    constant  a number of the text, of which only its use tells whether it is a word or an int
    int       one of a few numbers, some below 0, with which nothing computes; in C int
    bool      a truth
    view      a struct in memory, known by its address; in C a pointer to it
    record    named parts; in C a struct that is passed by value
    tuple     several values; in C variables of their own
    optional  a value, or None; in C a struct that says which
    array     words of one byte, side by side; in C a pointer to the first
    callable  what can be called; in C a function and what it looks at
    memory, class, string, none: known when the program is translated; not there in C
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from impl.words import WORD_BITS, WORD_LIMIT

WORD_END = WORD_LIMIT
WORD_TYPE = f"uint{WORD_BITS}_t"
"""The type of words in C."""
WORD_MACRO = f"UINT{WORD_BITS}_C"
"""The macro that makes a word of a number."""


@dataclass(frozen=True)
class Kind:
    """One kind: of a struct or a record the ``name``; of what has parts theirs; of a callable arguments and result."""

    is_: str
    name: str = ""
    parts: tuple[Kind, ...] = ()

    def __str__(self) -> str:
        """In words, for a refusal."""
        inside = ", ".join(str(part) for part in self.parts)
        return f"{self.is_} {self.name}".strip() + (f" ({inside})" if inside else "")


WORD, CONSTANT, INT, BOOL, NONE = Kind("word"), Kind("constant"), Kind("int"), Kind("bool"), Kind("none")
MEMORY, STRING, ARRAY, NEVER = Kind("memory"), Kind("string"), Kind("array"), Kind("never")


def view(struct: str) -> Kind:
    """A view of a struct."""
    return Kind("view", struct)


def record(name: str) -> Kind:
    """A record."""
    return Kind("record", name)


def optional(kind: Kind) -> Kind:
    """A value of that kind, or None."""
    return kind if kind.is_ in ("optional", "none") else Kind("optional", "", (settled(kind),))


def several(*kinds: Kind) -> Kind:
    """A tuple."""
    return Kind("tuple", "", kinds)


def settled(kind: Kind) -> Kind:
    """The kind of a variable that holds such values: a number of which nothing else is known is a word."""
    if kind is CONSTANT:
        return WORD
    return replace(kind, parts=tuple(settled(part) for part in kind.parts)) if kind.parts else kind


def joined(one: Kind, other: Kind) -> Kind | None:
    """The kind of what is either; None if there is none."""
    if one == other or other is NEVER:
        return one
    if one is NEVER:
        return other
    for first, second in ((one, other), (other, one)):
        if (found := _widened(first, second)) is not None:
            return found
    if one.is_ == other.is_ == "tuple" and len(one.parts) == len(other.parts):
        parts = [joined(a, b) for a, b in zip(one.parts, other.parts, strict=True)]
        return several(*parts) if all(parts) else None  # type: ignore[arg-type]
    return None


def _widened(first: Kind, second: Kind) -> Kind | None:
    """The second kind, or the first, if it has room for both."""
    if first is CONSTANT and second.is_ in ("word", "int"):
        return second
    if first is NONE:
        return optional(second)
    holds = first.is_ == "optional" and joined(first.parts[0], second) == first.parts[0]
    return first if holds else None
