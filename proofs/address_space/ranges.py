"""The look at a range of addresses, whether it is canonical."""

from __future__ import annotations

from typing import Any

from model.address_space.ranges import canonical_range
from model.address_space.state import Space
from model.language.logic import Operation, Transition, Truth, Word, clause
from model.language.words import is_word


@clause("the address and the number of pages are machine words")
def both_words(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return is_word(arguments["address"]) & is_word(arguments["pages"])


@clause("whether the pages begin at the address of a page, are some, and lie in one canonical half")
def tells_canonical(t: Transition) -> Truth:
    return t.result == canonical_range(t.address, t.pages)


IS_CANONICAL_RANGE = Operation(
    "is_canonical_range",
    ("address", "pages"),
    lambda t: t.ghost,
    (tells_canonical,),
    requires=(both_words,),
    raises=(),
    stateless=True,
)
