"""Memory and pages: what the machine refuses, and what a header covers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from impl.arithmetic import PAGE_SIZE
from model.language.logic import Clause, Operation
from proofs.doubt.toys import CELL, Toy, clause, result_is, unmoved

KIND = "memory"
ZERO = (result_is(0),)
PLACE = CELL + 4 * PAGE_SIZE
"""Where a run maps pages of its own."""

returns = clause(lambda t: t.raised == "", "returns", "the operation returns")
BIG = """
class Big(Struct, size=12288):
    c = u64()
"""
BYTE = """
class Byte(Struct, size=1):
    v = u8()
"""
FLAGGED = """
class Flagged(Struct, size=8):
    f = flag()
"""
SUB = "\n\nclass Sub(Cell):\n    pass\n"
FAKE = """
class Fake(Cell):
    def read(self, field, address):
        return address
"""
SWAPPED = """
class Cell(Struct, size=16):
    b = u64()
    a = u64()


Swapped = Cell
"""


def given(name: str, formula: Callable[[Any, Any, Any], Any]) -> Clause:
    """A precondition on the state, the cell's address, and ``n``."""
    return Clause(
        name, name.replace("_", " "), lambda state, heap, ghost, arguments: formula(state, heap, arguments["n"])
    )


alone = given("the_cell_is_the_only_one", lambda s, h, n: s.claimed("Cell").all(lambda a: a == h))
behind = given("n_lies_behind_the_cell", lambda s, h, n: (n >= h + PAGE_SIZE) & (n < 2**60))
there = given("a_page_is_there", lambda s, h, n: s.mapped.covers(n, n + PAGE_SIZE))
aligned = given("n_begins_a_page", lambda s, h, n: n % PAGE_SIZE == 0)
none_or_less = given("n_is_0_or_less", lambda s, h, n: n <= 0)
no_big = given("no_big_one", lambda s, h, n: s.claimed("Big").all(lambda a: a < 0))
no_byte = given("no_byte", lambda s, h, n: s.claimed("Byte").all(lambda a: a < 0))
FRESH = (alone, behind, there)


quiet = Operation("quiet", (), unmoved, (clause(lambda t: t.result == 0, "nothing"),))
QUIET = """
    def quiet(self):
        return 0
"""


def doing(*statements: str) -> str:
    """The method of these statements."""
    return "\n    def run(self, n):\n" + "".join(f"        {one}\n" for one in statements)


def mapping(*pages: int) -> Callable[[Any, Any], None]:
    """What maps these pages from ``PLACE`` on."""

    def prepare(memory: Any, module: Any) -> None:
        for page in pages:
            memory.map(PLACE + page * PAGE_SIZE, 1)

    return prepare


def on_a_page(
    name: str,
    statement: str,
    method: str,
    demands: tuple[Clause, ...] = (returns,),
    before: str = "",
    *,
    requires: tuple[Clause, ...] = FRESH,
    at: int = PLACE,
    breaks: str = "safety",
    **more: Any,
) -> Toy:
    """A program that is given ``at``, an address on a page of its own that no header lies on."""
    return Toy(
        name,
        statement,
        method,
        demands,
        before,
        requires=requires,
        arguments={"n": at},
        prepare=mapping(0),
        breaks=breaks,
        **more,
    )


TOYS = (
    Toy(
        "map_of_unchecked_pages",
        "n is not negative",
        doing("self.memory.map(4096, n)", "return 0"),
        (clause(lambda t: t.n >= 0, "n_is_not_negative"),),
        requires=(),
        arguments={"n": -3},
        above=True,
    ),
    Toy(
        "map_below_0",
        "mapping below address 0 is answered, not refused with an exception",
        doing("self.memory.map(-4096, 1)", "return 0"),
        (returns,),
        above=True,
    ),
    Toy(
        "unmap_of_no_page",
        "no page can be unmapped",
        doing("self.memory.unmap(n, 0)", "return 0"),
        (returns,),
        requires=(alone, behind, aligned),
        arguments={"n": PLACE},
        breaks="safety",
        above=True,
    ),
    Toy(
        "is_mapped_of_no_byte",
        "of no byte the machine says that it is not mapped",
        doing("if self.memory.is_mapped(n, 0):", "    return 0", "return 1"),
        (result_is(1),),
        arguments={"n": PLACE + 8},
    ),
    Toy(
        "is_mapped_below_0",
        "whether memory below address 0 is mapped is answered, not refused with an exception",
        doing("if self.memory.is_mapped(-4096, 8):", "    return 1", "return 0"),
        (returns,),
    ),
    Toy(
        "hole_in_a_claim",
        "a header may be claimed whose first and last pages are mapped",
        doing(
            "if self.memory.is_mapped(n, 1):",
            "    if self.memory.is_mapped(n + 12287, 1):",
            "        Big.claim(self.memory, n)",
            "return 0",
        ),
        (returns,),
        BIG,
        requires=(alone, behind, no_big),
        arguments={"n": PLACE},
        structs=("Cell", "Big"),
        prepare=mapping(0, 2),
        breaks="safety",
    ),
    on_a_page(
        "half_a_header_released",
        "behind a header that was released in part lies what was there before it came",
        doing(
            "self.memory.fill(n, 16, 0)",
            "view = Cell.claim(self.memory, n)",
            "view.b = 7",
            "self.memory.release_range(Cell, n, n + 8)",
            "self.memory.claim_array(Cell, n, 1)",
            "return view.b",
        ),
        ZERO,
    ),
    Toy(
        "map_of_negative_pages",
        "mapping fewer than no pages is answered, not refused with an exception",
        QUIET + doing("self.memory.map(4096, -1)", "return 0"),
        (returns,),
        helpers=(quiet,),
        above=True,
    ),
    on_a_page(
        "claim_of_no_header",
        "an array of no headers may be claimed",
        doing("self.memory.claim_array(Cell, n, 0)", "return 0"),
    ),
    Toy(
        "claim_of_fewer_than_none",
        "an array of n headers may be claimed, however small n is",
        doing("self.memory.claim_array(Cell, self.address + 64, n)", "return 0"),
        (returns,),
        requires=(alone, none_or_less, given("the_cell_lies_low", lambda s, h, n: h < 2**60)),
        arguments={"n": -1},
    ),
    on_a_page(
        "release_of_an_array_that_is_not_there",
        "an array may be released where nothing is claimed",
        doing("self.memory.release_array(Cell, n, 1)", "return 0"),
    ),
    on_a_page(
        "release_of_more_than_is_there",
        "two headers may be released where one is claimed",
        doing("Cell.claim(self.memory, n)", "self.memory.release_array(Cell, n, 2)", "return 0"),
    ),
    on_a_page(
        "end_of_a_header_released",
        "a range that begins within a header leaves nothing of it to be overwritten",
        doing(
            "Cell.claim(self.memory, n)",
            "self.memory.release_range(Cell, n + 8, n + 16)",
            "self.memory.fill(n + 8, 8, 0)",
            "return 0",
        ),
    ),
    Toy(
        "is_mapped_of_fewer_bytes_than_none",
        "of fewer than no bytes the machine says that they are mapped",
        doing("if self.memory.is_mapped(n, -5):", "    return 0", "return 1"),
        ZERO,
        arguments={"n": PLACE + 8},
    ),
    Toy(
        "two_structs_of_one_name",
        "a cell may be written through another struct of that name",
        doing("Swapped(self.memory, self.address).a = 7", "return self.a"),
        (result_is(7),),
        SWAPPED,
        breaks="safety",
    ),
    Toy("word_holds_a_truth", "a word that holds a truth is 0", doing("self.a = n > 3", "return self.a"), ZERO),
    on_a_page(
        "truth_holds_a_number",
        "a truth that holds 2 is not true",
        doing("view = Flagged.claim(self.memory, n)", "view.f = 2", "if view.f == True:", "    return 1", "return 0"),
        ZERO,
        FLAGGED,
        requires=(*FRESH, given("none_there", lambda s, h, n: s.claimed("Flagged").all(lambda a: a < 0))),
        structs=("Cell", "Flagged"),
        breaks="",
    ),
    on_a_page(
        "array_of_fewer_than_none",
        "an array of -1 bytes is handed out",
        doing("self.memory.claim_array(Byte, n, 1)", "self.memory.release_array(Byte, n, -1)", "return 0"),
        (returns,),
        BYTE,
        requires=(*FRESH, no_byte),
        structs=("Cell", "Byte"),
    ),
    Toy(
        "fill_of_a_header",
        "a fill of 8 bytes spares the second word of the cell",
        doing("self.memory.fill(self.address + 8, 8, 0)", "return self.b"),
        (result_is(7),),
        requires=(given("the_cell_lies_low", lambda s, h, n: h < 2**60),),
        cell=(0, 7),
        breaks="safety",
    ),
    on_a_page(
        "unmap_of_half_a_page",
        "a page may be unmapped from its middle on",
        doing("self.memory.unmap(n + 2048, 1)", "return 0"),
        requires=(*FRESH, aligned),
        above=True,
    ),
    on_a_page(
        "header_read_after_its_release",
        "what was a header still reads as it did",
        doing("view = Cell.claim(self.memory, n)", "view.a = 3", "view.release()", "return view.a"),
        (result_is(3),),
    ),
    on_a_page(
        "struct_of_no_size",
        "a header of no bytes may be claimed",
        doing("Empty.claim(self.memory, n)", "return 0"),
        (returns,),
        "class Empty(Struct, size=0):\n    pass\n",
        requires=(*FRESH, given("none", lambda s, h, n: s.claimed("Empty").all(lambda a: a < 0))),
        structs=("Cell", "Empty"),
    ),
    on_a_page(
        "derived_struct_released",
        "a cell may be released through a struct that is derived from it",
        doing("Cell.claim(self.memory, n)", "Sub(self.memory, n).release()", "return 0") + SUB,
    ),
    on_a_page(
        "derived_struct_claimed",
        "what is claimed as a derived struct may be read as what it is derived from",
        doing("self.memory.claim_array(Sub, n, 2)", "return Cell(self.memory, n + 16).a") + SUB,
        structs=("Cell", "Sub"),
    ),
    Toy(
        "memory_of_ones_own",
        "a view reads memory, whatever stands for it",
        doing("return Cell(Fake(self.memory, self.address), 5).a") + FAKE,
        (result_is(0),),
    ),
    on_a_page(
        "bytes_of_a_released_header",
        "behind a header that went lies what was there before it came",
        doing(
            "self.memory.fill(n, 16, 1)",
            "view = Cell.claim(self.memory, n)",
            "view.a = 0",
            "view.release()",
            "self.memory.claim_array(Cell, n, 1)",
            "return view.a % 256",
        ),
        (result_is(1),),
        breaks="",
    ),
    on_a_page(
        "cost_of_a_copy",
        "copying 9 bytes makes 2 accesses",
        doing("self.memory.copy(n, n + 64, 9)", "return 0"),
        (clause(lambda t: t.cost == 2, "cheap"),),
        breaks="",
    ),
)
