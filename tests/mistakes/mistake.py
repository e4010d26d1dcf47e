"""A deliberate mistake in a copy of the dispenser of tickets, and the one message that tells of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

TICKETS = Path(__file__).parent.parent / "tickets"
CONTRACT = "tickets/model.py"
CODE = "tickets/impl.py"
PROOF = "tickets/proof.py"
LOOPS = "tickets/loops.py"


@dataclass(frozen=True)
class Mistake:
    """In ``file`` the text ``old`` becomes ``new``; the message names the line that says ``at``, and says ``says``.

    ``at`` is looked for in the file ``where``, by default that which was edited; "" if no line can be named.
    ``status`` is how the command ends; ``looping`` subjects have an operation with a loop, too.
    """

    name: str
    file: str
    old: str
    new: str
    at: str
    says: tuple[str, ...]
    where: str = ""
    status: int = 2
    looping: bool = False

    def made_in(self, folder: Path) -> Path:
        """A copy of the subject with the mistake."""
        made = Path(shutil.copytree(TICKETS, folder / self.name, ignore=shutil.ignore_patterns("__pycache__")))
        if self.looping:
            add_loop(made)
        replace_in(made / self.file, self.old, self.new)
        return made

    def place(self, made: Path) -> str:
        """The file and line that the message must name."""
        file = made / (self.where or self.file)
        return f"{file}:{line_of(file, self.at)}" if self.at else ""


def replace_in(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text, f"{file.name} says no {old!r}"
    file.write_text(text.replace(old, new, 1))


def line_of(file: Path, text: str) -> int:
    """The number of the first line that holds the text."""
    return next(number for number, line in enumerate(file.read_text().splitlines(), start=1) if text in line)


# ---------------------------------------------------------------- an operation with a loop

SKIP = '''
    def skip(self, count: int) -> None:
        """Give out ``count`` tickets, or as many as there are."""
        check_word(count, "count")
        left = count
        while left != 0:
            loop("skipped", self, left)
            if self.given == self.limit:
                return
            self.given = self.given + 1
            left = left - 1
'''
SKIP_CONTRACT = """
def _after_skip(t: Transition) -> Dispenser:
    tickets: Dispenser = t.ghost
    return tickets.with_given(t.new.fields("Tickets").given[t.heap])


@clause("no ticket comes back")
def only_more(t: Transition) -> Truth:
    return t.ghost_after.given >= t.ghost.given


SKIP = Operation("skip", ("count",), _after_skip, (only_more,))

PUBLIC = Subject("tickets", (descriptor, truthful, bounded), (INIT, TAKE, SKIP))
"""
SKIP_LOOP = '''"""What holds in the loop of skip."""

from drystone.model.language.logic import Loop
from drystone.model.language.words import is_word


def skipped(heap, left):
    operation, here = heap.memory.operation, heap.address
    ram, then = operation.now().fields("Tickets"), operation.ghost_on_entry
    there = ("there", "the descriptor is there", operation.now().claimed("Tickets")[here])
    counted = ("counted", "what is left is a machine word", is_word(left))
    kept = ("kept", "the limit stays", ram.limit[here] == then.limit)
    more = ("more", "no ticket comes back", (then.given <= ram.given[here]) & (ram.given[here] <= ram.limit[here]))
    return Loop([there, counted, kept, more], left, ("Tickets.given",))
'''
WORLD = '''
    def skip(self, count: int) -> None:
        """Give out several tickets."""
        self.note("skip", str(count))
        self.call("skip", count)
'''
STORY = """    for count in (-1, 0, 1, 5):
        world.init(3)
        world.skip(count)
"""


def add_loop(made: Path) -> None:
    """Give the dispenser an operation with a loop, which is proved."""
    word = "from drystone.impl.words import check_word\n"
    replace_in(made / CODE, word, f"{word}from drystone.model.language.annotations import loop\n")
    append(made / CODE, SKIP)
    contract = made / CONTRACT
    contract.write_text(contract.read_text().split("PUBLIC =")[0] + SKIP_CONTRACT)
    (made / LOOPS).write_text(SKIP_LOOP)
    replace_in(made / PROOF, "arbitrary, arbitrary)", "arbitrary, arbitrary, annotations=named(skipped))")
    imports = "from drystone.proofs.engine.annotations import named\nfrom tickets.loops import skipped\n"
    replace_in(
        made / PROOF, "from drystone.proofs.engine import path", imports + "from drystone.proofs.engine import path"
    )
    append(made / "tickets/live/world.py", WORLD)
    append(made / "tickets/live/story.py", STORY)


def append(file: Path, text: str) -> None:
    file.write_text(file.read_text() + text)
