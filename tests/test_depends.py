"""An edit of one function leaves standing what was found out without it, and nothing else."""

import sys
import time

import pytest

from proofs.engine import depends, entered
from proofs.engine.depends import Texts
from proofs.engine.pieces import pieces_of
from proofs.scaffold.writing import new_project
from tests.projects import drystone, replaced

TOLD = """
from proofs import proving
from proofs.cli import main
from proofs.engine import gathering

executed, to_play = gathering.executed, proving.Scenarios._to_play


def told(items, *more):
    print("executed", *map(gathering.name_of, items))
    return executed(items, *more)


def playing(self, names):
    print("played", *names)
    return to_play(self, names)


gathering.executed, proving.Scenarios._to_play = told, playing
main()
"""
ALL = {"pool.init", "pool.allocate", "pool.free"}


@pytest.fixture
def pool(tmp_path):
    """A new project, proved once."""
    new_project("pool", tmp_path / "mine")
    (tmp_path / "mine" / "told.py").write_text(TOLD)
    assert prove(tmp_path / "mine") == (ALL, True)
    return tmp_path / "mine"


def prove(folder, status=0, verdict="29 theorems: 29 PROVED", options=()):
    """The operations that a run executes, and whether it plays the scenario."""
    time.sleep(0.1)  # nothing is kept of a file that may have been changed after the run began
    said = drystone("prove", *options, at=folder, status=status, program=(sys.executable, "told.py"))
    assert verdict in said
    lines = [line.split() for line in said.splitlines()]
    executed = {name for line in lines if line[:1] == ["executed"] for name in line[1:]}
    return executed, any(line[:1] == ["played"] and line[1:] for line in lines)


def edit(folder, old, new, file="impl.py"):
    replaced(folder / "pool" / file, old, new)


LAST = "        self.top = address"
FREE = "    def free(self, address: int) -> None:\n"


def test_nothing_is_executed_again_where_nothing_changed(pool):
    assert prove(pool) == (set(), False)


def test_only_what_ran_an_edited_function_is_executed_again(pool):
    edit(pool, "address >= self.top", "self.top <= address")
    assert prove(pool) == ({"pool.free"}, True)
    edit(pool, "self.top <= address", "self.top < address")
    assert prove(pool, 1, "REFUTED pool.free") == ({"pool.free"}, True)


def test_an_edit_that_is_taken_back_costs_nothing(pool):
    edit(pool, "address >= self.top", "self.top <= address")
    assert prove(pool) == ({"pool.free"}, True)
    edit(pool, "self.top <= address", "address >= self.top")
    assert prove(pool) == (set(), False)


def test_a_text_that_is_tried_takes_nothing_away_from_the_one_in_the_file(pool):
    text = (pool / "pool" / "impl.py").read_text().replace("address >= self.top", "self.top <= address")
    (pool / "tried.py").write_text(text)
    tried = ("pool", "--source", "tried.py")
    assert prove(pool, options=tried) == ({"pool.free"}, True)
    assert prove(pool) == (set(), False)
    assert prove(pool, options=tried) == (set(), False)


def test_functions_may_move(pool):
    edit(pool, FREE, f"    # No function stands here.\n\n{FREE}")
    assert prove(pool) == (set(), False)


def test_comments_and_docstrings_cost_nothing(pool):
    edit(pool, LAST, f"        # from here on it is free\n\n{LAST}")
    edit(
        pool,
        "Free all memory from ``address`` on.  InvalidFree, with nothing changed, if no live memory is there.",
        "It goes back.\n\n        Nobody else has it.\n        ",
    )
    assert prove(pool) == (set(), False)


@pytest.mark.parametrize(
    "new", ["NULL = 0\nMORE = 1", "NULL = 1 - 1", "NULL = 0\n\n\ndef more() -> int:\n    return 1"]
)
def test_an_edit_of_the_head_is_none_of_a_function(pool, new):
    edit(pool, "NULL = 0", new)
    assert prove(pool) == (ALL, True)


def test_an_edit_of_the_model_is_none_of_a_function(pool):
    edit(pool, "DESCRIPTOR = 24", "DESCRIPTOR = 24  # bytes", "model.py")
    assert prove(pool) == (ALL, True)


HELPER = "\n\ndef most() -> int:\n    return 3\n"


def test_what_a_model_took_from_a_function_while_it_was_imported_depends_on_it(pool):
    (pool / "pool" / "impl.py").write_text((pool / "pool" / "impl.py").read_text() + HELPER)
    text = (pool / "pool" / "model.py").read_text()
    first = text.index("@clause")
    taken = "from pool import impl\n\nMOST = impl.most()\n\n\n"
    text = text[:first] + taken + text[first:].replace("t.cost <= 3", "t.cost <= MOST")
    (pool / "pool" / "model.py").write_text(text)
    assert prove(pool)[0] == ALL
    edit(pool, "    return 3", "    return 2")
    assert prove(pool, 1, "REFUTED pool.free.free_cost") == (ALL, True)


def test_a_program_that_is_refused_is_refused_as_a_whole(pool):
    edit(pool, LAST, f"{LAST}\n        print(address)")
    assert prove(pool, 2, "print") == (ALL, False)


# ---------------------------------------------------------------- pieces

TEXT = """
from impl.layout import Struct, u64

SIZE = 8

class Heap(Struct, size=SIZE):
    top = u64()

    def taken(self, size: int = 1) -> int:
        \"\"\"What is taken.\"\"\"
        return size

    def free(self) -> int:
        return 0

def helper(n: int) -> int:
    return n
"""
FUNCTIONS = ["Heap.taken", "Heap.free", "helper"]


def changed(old, new):
    """Whether the head changes, heads of functions included, and which functions do."""
    before, after = pieces_of(TEXT), pieces_of(TEXT.replace(old, new))
    return before.counted() != after.counted(), [
        name for name in before.functions if before.functions[name].digest != after.functions[name].digest
    ]


def test_a_text_is_cut_into_its_head_and_its_functions():
    assert list(pieces_of(TEXT).functions) == FUNCTIONS
    assert pieces_of(TEXT).functions["helper"].line == TEXT.splitlines().index("def helper(n: int) -> int:") + 1


@pytest.mark.parametrize(
    ("old", "new", "head", "functions"),
    [
        ("return size", "return size + 1", False, ["Heap.taken"]),
        ("return size", "\n        return size", False, []),
        ("return size", "# as it was asked\n        return size", False, []),
        ("What is", "What was", False, []),
        ("What is taken.", "What is taken.\n\n        All of it.\n        ", False, []),
        ("return size", "more = size\n        return more", False, ["Heap.taken"]),
        ("return 0", "return (\n            0)", False, ["Heap.free"]),
        ("SIZE = 8", "SIZE = 16", True, []),
        ("top = u64()", "top = u64()\n    end = u64()", True, []),
        ("size: int = 1", "size: int = 2", True, ["Heap.taken"]),
        ("def helper(n: int) -> int:", "def helper(n: int) -> int:  # a comment", False, []),
        ("SIZE = 8", "SIZE = 8\n\n# a comment", False, []),
        ("    def free", "    @by_contract\n    def free", True, ["Heap.free"]),
    ],
)
def test_what_an_edit_changes(old, new, head, functions):
    assert changed(old, new) == (head, functions)


@pytest.mark.parametrize(
    "more",
    [
        "print(1)",
        "SIZES = [n for n in range(int('3'))]",
        "if SIZE:\n    pass",
        "for n in ():\n    pass",
        "import sys",
        "class Other(make()):\n    pass",
        "def more(n: int = len('a')) -> int:\n    return n",
        "@make(1)\ndef more(n: int) -> int:\n    return n",
        "class Other:\n    if SIZE:\n        top = 1",
    ],
)
def test_a_module_that_does_something_when_it_is_imported_is_one_piece(more):
    assert pieces_of(f"{TEXT}\n{more}\n").functions == {}


@pytest.mark.parametrize(
    "more",
    ["def helper(n: int) -> int:\n    return n", "class Heap:\n    def free(self) -> int:\n        return 1"],
)
def test_functions_of_one_name_belong_to_the_head(more):
    text = f"{TEXT}\n{more}\n"
    assert len(pieces_of(text).functions) == 2
    assert pieces_of(text.replace("return n", "return 5").replace("return 1", "return 5")).head != pieces_of(text).head


def test_what_python_calls_by_itself_belongs_to_the_head():
    text = TEXT.replace("def free", "def __init__")
    assert "Heap.__init__" not in pieces_of(text).functions
    assert pieces_of(text.replace("return 0", "return 1")).head != pieces_of(text).head


def test_a_module_that_may_be_imported_without_notes_counts_as_a_whole(monkeypatch):
    monkeypatch.delitem(sys.modules, "impl.block_heap", raising=False)
    monkeypatch.setattr(entered, "WATCHED", entered.WATCHED - {"impl.block_heap"})
    assert entered.is_in_pieces("impl.block_heap")
    monkeypatch.setattr(sys, "meta_path", [one for one in sys.meta_path if not isinstance(one, entered.Watch)])
    assert not entered.is_in_pieces("impl.block_heap")


def test_lines_are_named_where_they_are_now(monkeypatch):
    was = pieces_of(TEXT).functions
    text = "\n\n" + TEXT.replace("    return n", "    # what is given\n    return n")
    texts = Texts({"pool.impl": text})
    monkeypatch.setattr(entered, "is_in_pieces", lambda module: True)
    monkeypatch.setattr(depends, "_pieces", lambda module, variant: pieces_of(text))
    told = {"helper": "pool.impl helper", "Heap.free": "pool.impl Heap.free"}
    functions = [(key, "", was[name].line, was[name].lines) for name, key in told.items()]
    moved = texts.moved(functions)
    at, free = was["helper"].line, was["Heap.free"].line
    assert moved(f"the end helper:{at + 1} < free:{free + 1}") == f"the end helper:{at + 4} < free:{free + 3}"
    assert moved(f"impl.py:{at + 1} in helper") == f"impl.py:{at + 4} in helper"
    assert moved(f"the end taken:{at}") == f"the end taken:{at}"
    assert texts.relative("pool.impl", (f"helper:{at + 4}", "unknown:7")) == ("helper+1", "unknown:7")


# ---------------------------------------------------------------- what functions mention

NAMES = """
class Base:
    def run(self) -> int:
        return self.step(1) + outer(2)

    def step(self, n: int) -> int:
        return n


class Sub(Base):
    pass


def outer(n: int) -> int:
    return n
"""
RAN = ["pool.impl Base.run", "pool.impl Base.step", "pool.impl outer"]


@pytest.mark.parametrize(
    ("old", "new", "current"),
    [
        ("def outer", "def more(n: int) -> int:\n    return n\n\n\ndef outer", True),
        ("    pass", "    def more(self) -> int:\n        return 1", True),
        ("    def step", '    def more(self) -> str:\n        return "step outer run"\n\n    def step', True),
        ("    pass", "    def step(self, n: int) -> int:\n        return n", False),
        ("    pass", "    def outer(self, n: int) -> int:\n        return n", False),
        ("class Sub(Base):", "def step(n: int) -> int:\n    return n\n\n\nclass Sub(Base):", False),
        ("    def step(self, n: int)", "    @by_contract\n    def step(self, n: int)", False),
        ("    def step(self, n: int)", "    def step(self, n: int, more: int = 0)", False),
        ("outer(2)", "outer(3)", False),
    ],
)
def test_a_function_that_did_not_run_matters_to_who_names_it(old, new, current, monkeypatch):
    assert old in NAMES
    monkeypatch.setattr(entered, "is_in_pieces", lambda module: True)
    told = []
    for text in (NAMES, NAMES.replace(old, new)):
        monkeypatch.setattr(depends, "_pieces", lambda module, variant, text=text: pieces_of(text))
        told = told or Texts({}, ["pool.impl"], frozenset()).functions(RAN)
    assert Texts({}, ["pool.impl"], frozenset()).are_current(told) is current


def test_a_function_that_is_known_outside_of_functions_belongs_to_the_head():
    more = f"{TEXT}\n\ndef more(n: int) -> int:\n    return n\n"
    assert pieces_of(TEXT).counted({"helper"}) == pieces_of(more).counted({"helper"})
    assert pieces_of(TEXT).counted({"more"}) != pieces_of(more).counted({"more"})
    assert pieces_of(TEXT).counted() != pieces_of(more).counted()
