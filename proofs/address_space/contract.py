"""The search for the entry of a page, of which walk and translate consist."""

from __future__ import annotations

from typing import Any

from model.address_space.contract import at_most_four_loads, changes_nothing, entry_for
from model.address_space.ranges import own_root
from model.address_space.state import Space
from model.language.logic import Operation, Transition, Truth, Word, clause
from model.language.words import is_word
from proofs.address_space.entries_on_way import ENTRY_LEMMAS, walked_here

# ---------------------------------------------------------------- walk and translate


@clause("the address is a machine word")
def word_address(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return is_word(arguments["address"])


@clause("the result is the entry of the page in the abstract map, 0 for one that is not canonical")
def find_reads_the_map(t: Transition) -> Truth:
    return t.result == entry_for(t.ghost, t.address)


FIND = Operation(
    "_find",
    ("root", "address"),
    lambda t: t.ghost,
    (find_reads_the_map, changes_nothing, at_most_four_loads),
    requires=(own_root, word_address),
    raises=(),
    changes=(),
    returns="word",
    lemmas=(*ENTRY_LEMMAS, walked_here),
)
