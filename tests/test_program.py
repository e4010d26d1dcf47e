"""What is remembered belongs to the text that was run, wherever it lies: what was broken is not PROVED (cached)."""

import os
import subprocess
import sys
import time
import types
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from proofs import registry
from proofs.engine import cache as caching
from proofs.engine import gathering, program
from proofs.engine.cache import Cache
from proofs.engine.specification import digest_of
from proofs.engine.verdict import Verdict
from tests.test_cache import RUN, TRUE
from tests.toys import Toy, ensures

ROOT = Path(__file__).parent.parent

SUBJECT = """\
from impl.layout import Struct, u64
from stranger_help import half


class Cell(Struct, size=8):
    a = u64()

    def run(self, n):
        self.a = n
        return half(n)
"""
HELP = """\
def half(n):
    return n // 2
"""
MODEL = """\
from model.language.logic import Clause, Operation, Subject

claimed = Clause("claimed", "the cell is there", lambda state, heap, ghost: state.claimed("Cell")[heap])
small = Clause("small", "n is a word", lambda s, h, g, given: (given["n"] >= 0) & (given["n"] < 2**64))
half = Clause("half", "twice the result is at most n", lambda t: t.result * 2 <= t.n)
SUBJECT = Subject("stranger", (claimed,), (Operation("run", ("n",), lambda t: t.ghost, (half,), (small,)),))
"""
PROVE = """\
import sys
from pathlib import Path
import stranger
from stranger_model import SUBJECT
from proofs.engine.cache import Cache
from proofs.engine.operation import Proof
from proofs.engine.runner import Options, prove

import stranger_help
PROOF = Proof(SUBJECT, stranger, "Cell", ("Cell",), lambda: None, lambda: None, parts=(stranger_help,))
report = prove([PROOF], (), Options(jobs=1, cache=Cache(Path("cache"))))
solved = [t for t in report.theorems if t.obligations]
print(report.verdict.value, "cached" if solved and all(t.cached for t in solved) else "fresh")
"""
LATE = """\
import proofs.engine.gathering as g
import sys
from pathlib import Path
executed = g.executed
def edited(*more):
    found = executed(*more)
    text = Path("stranger_help.py").read_text()
    Path("stranger_help.py").write_text(text.replace("n // 2", "n // 2 + 1"))
    return found
g.executed = edited
"""


@pytest.fixture
def stranger(tmp_path):
    """A subject in a folder of its own, helper, model and proof with it; what a run in a new process says of it."""
    for name, text in {"stranger": SUBJECT, "stranger_help": HELP, "stranger_model": MODEL, "prove": PROVE}.items():
        (tmp_path / f"{name}.py").write_text(text)

    def run(first="", command=()):
        time.sleep(0.05)  # files are dated to some milliseconds only
        if first:
            (tmp_path / "prove_late.py").write_text(first + PROVE)
        arguments = command or [sys.executable, "prove_late.py" if first else "prove.py"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(arguments, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return run


def edit(folder, name, before, after):
    file = folder / f"{name}.py"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def test_a_stranger_s_proofs_are_remembered(stranger):
    assert stranger() == "PROVED fresh"
    assert stranger() == "PROVED cached"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("stranger", "half(n)", "half(n) + 1"),
        ("stranger_help", "n // 2", "n // 2 + 1"),
        ("stranger_model", "t.result * 2 <= t.n", "t.result * 2 < t.n"),
        ("prove", "from stranger_model import SUBJECT", "import stranger_model; SUBJECT = stranger_model.SUBJECT"),
    ],
)
def test_whatever_of_it_is_changed_it_is_proved_again(stranger, tmp_path, name, before, after):
    stranger()
    edit(tmp_path, name, before, after)
    changed = stranger()
    assert changed != "PROVED cached" or name == "prove"
    assert changed.startswith("PROVED" if name == "prove" else "REFUTED")
    edit(tmp_path, name, after, before)
    assert stranger().startswith("PROVED")


def test_a_clause_that_loads_a_file_is_no_specification(stranger, tmp_path):
    """Nothing would load it before the clause is asked, and nothing would say which text it had."""
    (tmp_path / "stranger_law.py").write_text("def law(t):\n    return t.result * 2 <= t.n\n")
    edit(tmp_path, "stranger_model", "lambda t: t.result * 2 <= t.n", "lambda t: __import__('stranger_law').law(t)")
    assert [stranger(), stranger()] == ["ERROR fresh", "ERROR fresh"]


def test_of_a_source_that_is_edited_during_a_run_nothing_is_remembered(stranger, tmp_path):
    """The obligations of the one text would be kept for the other."""
    assert stranger(first=LATE) == "PROVED fresh"
    assert stranger() == "REFUTED fresh"


def test_a_source_that_is_edited_before_it_is_looked_at_but_after_it_was_loaded(stranger, tmp_path):
    early = 'from pathlib import Path\nimport stranger_model\nfile = Path("stranger_model.py")\n'
    early += 'file.write_text(file.read_text().replace("<= t.n", "< t.n"))\n'
    assert stranger(first=early) == "PROVED fresh"
    assert stranger() == "REFUTED fresh"


def test_of_a_program_without_a_file_nothing_is_remembered(stranger, tmp_path):
    """Nothing says what was typed, or piped in."""
    for demand, verdict in (("<=", "PROVED fresh"), ("<", "REFUTED fresh")):
        text = MODEL.replace("t.result * 2 <= t.n", f"t.result * 2 {demand} t.n")
        program_ = PROVE.replace("from stranger_model import SUBJECT\n", text)
        assert stranger(command=[sys.executable, "-c", program_]) == verdict


# ---------------------------------------------------------------- one text


def test_whoever_asks_for_a_text_gets_the_same_one(tmp_path):
    module = types.ModuleType("some")
    module.__file__ = str(tmp_path / "some.py")
    (tmp_path / "some.py").write_text("x = 1\n")
    assert program.text_of(module) == "x = 1\n"
    (tmp_path / "some.py").write_text("x = 2\n")
    assert program.text_of(module) == "x = 1\n"


def on_disk(tmp_path):
    """A toy whose text lies in a file, and what breaks that."""
    toy = Toy(RUN, "", [TRUE])
    file = tmp_path / "toy.py"
    file.write_text(toy.source)
    toy.proof.module.__file__ = str(file)
    return toy, lambda: file.write_text(toy.source.replace("// 2", "// 2 + 1"))


def test_what_is_executed_is_what_is_hashed(tmp_path, monkeypatch):
    """A text that changes after it was hashed is executed as it was, and nothing of that is remembered."""
    toy, break_it = on_disk(tmp_path)
    heads_of = gathering.heads_of
    monkeypatch.setattr(gathering, "heads_of", lambda *given: (heads_of(*given), break_it())[0])
    assert toy.report(sources={}, cache=Cache(tmp_path / "c")).verdict is Verdict.PROVED
    monkeypatch.undo()
    assert toy.report(sources={}, cache=Cache(tmp_path / "c")).verdict is Verdict.REFUTED


@pytest.mark.parametrize("kept", [False, True])
def test_a_text_that_changes_between_two_runs_of_one_process_is_proved_anew(tmp_path, kept):
    toy, break_it = on_disk(tmp_path)
    cache = tmp_path / "c" if kept else None
    assert toy.report(sources={}, cache=Cache(cache)).verdict is Verdict.PROVED
    break_it()
    assert toy.report(sources={}, cache=Cache(cache)).verdict is Verdict.REFUTED


def test_a_text_is_decoded_as_it_says(tmp_path):
    module = types.ModuleType("some")
    module.__file__ = str(tmp_path / "some.py")
    (tmp_path / "some.py").write_bytes("# coding: latin-1\nx = 'ä'\n".encode("latin-1"))
    assert program.text_of(module).endswith("x = 'ä'\n")


def test_modules_of_python_and_of_its_index_are_not_read():
    names = program.loaded()
    assert Path(__file__) in names.values()
    assert not {"json", "pytest", "z3", "proofs.engine.program"} & names.keys()


def test_a_run_during_which_a_source_changed_keeps_answers_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(caching.program, "modified", lambda counted: True)
    toy = Toy(RUN, "", [TRUE])
    toy.report(cache=Cache(tmp_path / "c"))
    again = Cache(tmp_path / "c")
    assert again._collections == {}
    assert again._known


# ---------------------------------------------------------------- one specification


def test_another_demand_of_the_same_text_is_proved_anew(tmp_path):
    """What is remembered under a name belongs to the clauses, not to their names."""
    wrong = replace(TRUE, formula=lambda t: t.result * 2 == t.n)
    for demand, verdict in ((TRUE, Verdict.PROVED), (wrong, Verdict.REFUTED), (TRUE, Verdict.PROVED)):
        assert Toy(RUN, "", [demand]).report(cache=Cache(tmp_path / "c")).verdict is verdict


LIMIT = 7
LIMITS = {"most": 7}


def bounded(limit):
    return lambda t: t.result < limit


def default(t, limit=3):
    return t.result < limit


@dataclass
class Law:
    limit: int

    def __call__(self, t):
        return t.result < self.limit


def made(limit):
    class Made:
        def __call__(self, t):
            return t.result < limit

    return Made


class Slotted:
    __slots__ = ("limit",)

    def __init__(self, limit):
        self.limit = limit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda t: t.result < 3, lambda t: t.result < 4),
        (lambda t: t.result < 3, lambda t: t.result <= 3),
        (lambda t: t.a, lambda t: t.b),
        (bounded(3), bounded(4)),
        (default, types.FunctionType(default.__code__, default.__globals__, "default", (4,))),
        (made(3), made(4)),
        (Law(3), Law(4)),
        (Law(3).__call__, Law(4).__call__),
        (Slotted(3), Slotted(4)),
        ((1, 2), (1, 3)),
        ({"a": 1}, {"a": 2}),
        (frozenset("ab"), frozenset("ac")),
        (1, True),
        (1, "1"),
        (ensures("a", len), ensures("b", len)),
        (ensures("a", bounded(3)), ensures("a", bounded(4))),
        ((lambda t: [t.x < k for k in (1, 2)]), (lambda t: [t.x < k for k in (1, 3)])),
    ],
)
def test_what_says_something_else_has_another_digest(one, other):
    assert digest_of(one) != digest_of(other)


def test_what_says_the_same_has_the_same_digest():
    assert digest_of(bounded(3), Law(1), {"a": (1, 2)}) == digest_of(bounded(3), Law(1), {"a": (1, 2)})


def test_a_constant_that_a_function_names_is_part_of_it(monkeypatch):
    def law(t):
        return t.result < LIMIT

    before = digest_of(law)
    monkeypatch.setitem(globals(), "LIMIT", 8)
    assert digest_of(law) != before


def test_a_function_that_is_bound_anew_is_another_one(monkeypatch):
    def law(t):
        return default(t) and LIMITS["most"]

    digests = {digest_of(law)}
    monkeypatch.setitem(LIMITS, "most", 8)
    digests.add(digest_of(law))
    monkeypatch.setitem(globals(), "default", lambda t: True)
    digests.add(digest_of(law))
    assert len(digests) == 3


def test_what_cannot_be_looked_into_is_like_nothing_else():
    thing = object()
    assert digest_of(thing) != digest_of(thing)


def test_what_refers_to_itself_has_a_digest():
    ring = [1]
    ring.append(ring)
    other = [2]
    other.append(other)
    assert digest_of(ring) != digest_of(other)


def test_the_digests_of_our_own_subjects_do_not_depend_on_the_process():
    text = "from proofs import registry; from proofs.engine.specification import digest_of;"
    text += "print(*[digest_of(registry.proof_of(name)) for name in registry.SUBJECTS])"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", text]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [digest_of(registry.proof_of(name)) for name in registry.SUBJECTS]
