"""Which files count for a subject: all that can decide what is found out about it, and few others."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import z3

from impl import arithmetic
from proofs import registry
from proofs.doubt.edits import copied
from proofs.engine import path, program
from proofs.engine.cache import Cache
from proofs.engine.closure import ANYTHING, ENGINE, Closure, imports_of
from proofs.engine.holdings import State
from tests.projects import drystone, replaced
from tests.test_depends import TOLD

ROOT = Path(__file__).parent.parent
TREE = [name for name in registry.SUBJECTS if (ROOT / "proofs" / name / "record.py").is_file()]
LOADED = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*(name for name in sys.modules if name.split(".")[0] in ("impl", "model", "proofs")))
"""


def closure() -> Closure:
    return Closure(Cache(None))


@pytest.mark.parametrize("name", TREE)
def test_whatever_python_loads_for_a_subject_counts(name):
    counted = closure().of_proof(registry.proof_of(name))
    assert counted is not None, "a text of it may import anything"
    command = [sys.executable, "-c", LOADED, ENGINE, f"proofs.{name}.proof"]
    loaded = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    assert set(loaded.stdout.split()) <= counted
    assert not [one for one in counted if one.startswith(("proofs.export", "proofs.mutation", "proofs.watching"))]


def test_the_segment_heap_does_not_depend_on_the_bin_heap():
    counted = closure().of_proof(registry.proof_of("segment_heap"))
    assert not [one for one in counted if "bin_heap" in one or "bucket_heap" in one]
    assert {"impl.segment_heap", "model.segment_heap.contract", "proofs.segment_heap.loops"} <= counted


@pytest.mark.parametrize("name", TREE)
def test_whatever_plays_a_story_counts_for_it(name):
    counted = closure().of_story(name)
    assert counted is not None
    told = "import sys; sys.argv = ['']\nfrom proofs import registry\nfrom proofs.checking import evidence\n"
    told += f"print('began', evidence.played({name!r}, {{}})[1])\n"
    told += "print(*(name for name in sys.modules if name.split('.')[0] in ('impl', 'model', 'proofs')))\n"
    done = subprocess.run(
        [sys.executable, "-c", told],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.splitlines()[-1].split()) <= counted


def test_what_was_put_together_elsewhere_depends_on_everything():
    assert closure().of_proof(replace(registry.proof_of("segment_heap"))) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import a.b", {"a.b"}),
        ("def f():\n    from a import b as c", {"a", "a.b"}),
        ("if x: import a; from b import (\n    c,\n    d)", {"a", "b", "b.c", "b.d"}),
        ("try:\n    import a\nexcept ImportError:\n    import b", {"a", "b"}),
        ("from drystone.model import x", {"model", "model.x"}),
        ("from a import *", {"a", "a.*", ANYTHING}),
        ("from . import a", {"", "None.a", ANYTHING}),
        ("x = __import__('a')", {ANYTHING}),
        ("importlib.import_module(name)", {ANYTHING}),
        ("from importlib import import_module as give", {"importlib", "importlib.import_module", ANYTHING}),
        ("exec('import a')", {ANYTHING}),
        ("\uff45xec('import a')", {ANYTHING}),  # Python reads a wide letter as a plain one
        ("def (", {ANYTHING}),
    ],
)
def test_imports_are_read_wherever_they_stand(text, found):
    assert imports_of(text) == found


EVERYWHERE = """
match x:
    case 1:
        import in_case
with b:
    try:
        import in_try
    except* E:
        import in_group
    else:
        import in_else
    finally:
        import in_finally
async def g():
    async for x in y:
        import in_for
    else: import behind_for
class K:
    while 1:
        if 2: import in_if
        elif 3: from in_elif import one
        else: import behind_if
    async def m():
        async with z: import in_with
try: pass
except: import in_handler
"""


def test_imports_are_read_in_every_statement_that_holds_others():
    """And as well as where a whole text is looked through, since it says a word that may import."""
    found = {
        f"in_{name}" for name in ["case", "try", "group", "else", "finally", "for", "if", "elif", "with", "handler"]
    }
    expected = {*found, "in_elif.one", "behind_for", "behind_if"}
    assert imports_of(EVERYWHERE) == imports_of(f"{EVERYWHERE}# eval\n") == expected


def test_what_is_remembered_of_a_text_is_that_of_its_digest(tmp_path):
    cache = Cache(tmp_path / "c")
    first = Closure(cache)
    wanted = first.of([ENGINE])
    first.keep()
    cache.save()
    again = Closure(Cache(tmp_path / "c"))
    assert again._known.keys() >= {program.digest_of(file) for _, file in again.files([ENGINE])}
    assert again.of([ENGINE]) == wanted


def test_only_what_counted_may_not_change_during_a_run():
    counting = closure()
    assert counting.counted() == set()
    counting.of_proof(registry.proof_of("segment_heap"))
    files = counting.counted()
    assert files is not None
    assert ROOT / "impl/segment_heap.py" in files
    assert ROOT / "impl/bin_heap.py" not in files
    counting.of_proof(replace(registry.proof_of("segment_heap")))
    assert counting.counted() is None


def test_a_change_of_a_file_that_counts_is_noticed(tmp_path):
    file = tmp_path / "some.py"
    file.write_text("x = 1\n")
    assert program.modified([file])
    assert not program.modified([ROOT / "impl/segment_heap.py"])


# ---------------------------------------------------------------- reaching into a module that counts


def strange(term):
    return term


class Strange:
    @property
    def short(self):
        return 0


COUNTED = ["proofs.engine.path", "impl.arithmetic"]


@pytest.mark.parametrize(
    "reach",
    [
        lambda patch: patch.setattr(path, "current", strange),
        lambda patch: patch.setattr(path.Path, "show", strange),
        lambda patch: patch.setattr(path.Path, "show", staticmethod(strange)),
        lambda patch: patch.setattr(path, "Path", Strange),
        lambda patch: patch.setattr(path, "Path", type("Path", (path.Path,), {"show": strange})),
        lambda patch: patch.setattr(path, "WORD_LIMIT", 5),
        lambda patch: patch.setattr(arithmetic, "PAGE_SIZE", 4097),
        lambda patch: patch.setattr(arithmetic, "more", [strange], raising=False),
        lambda patch: patch.setattr(z3, "And", strange),
        lambda patch: patch.setattr(z3.BoolRef, "__bool__", strange, raising=False),
        lambda patch: patch.setattr("builtins.len", strange),
    ],
    ids=range(11),
)
def test_who_reaches_into_a_module_is_noticed(reach, monkeypatch):
    own = (*program.own_files(), ("tests/test_closure.py", Path(__file__)))
    monkeypatch.setattr(program, "own_files", lambda: own)
    before = State().of(COUNTED)
    with monkeypatch.context() as patch:
        reach(patch)
        now = State().of(COUNTED)
    assert now != before
    assert State().of(COUNTED) == before


# ---------------------------------------------------------------- what is executed again


def test_after_an_edit_only_what_depends_on_the_file_is_executed_again():
    """Counted, not timed; in a copy of the tree, on the block heap, and what it rests on is left out."""
    with copied({"told.py": TOLD}) as folder:
        tree = Path(folder)

        head, more = "from __future__ import annotations\n", "from __future__ import annotations\n\nOF = 0\n"

        def proved(status=3, verdict="PROVED IF"):
            time.sleep(0.1)  # nothing is kept of a file that may have been changed after the run began
            said = drystone(
                "prove", "block_heap", "--only", at=tree, status=status, program=(sys.executable, "told.py")
            )
            assert verdict in said
            lines = [line.split() for line in said.splitlines()]
            executed = {name for line in lines if line[:1] == ["executed"] for name in line[1:]}
            return executed, {name for line in lines if line[:1] == ["played"] for name in line[1:]}

        everything, story = proved()
        assert (len(everything), story) == (8, {"block_heap"})
        assert proved() == (set(), set())
        for file in ("model/bin_heap/state.py", "proofs/export_command.py", "proofs/bin_heap/alloc.py"):
            replaced(
                tree / file, "from __future__ import annotations\n", "from __future__ import annotations\n\nOF = 0\n"
            )
            assert proved() == (set(), set()), file
        replaced(tree / "proofs/checking/script.py", head, more)
        assert proved() == (set(), {"block_heap"})
        for file in ("proofs/block_heap/loops.py", "proofs/engine/masks.py", "model/language/logic.py"):
            replaced(
                tree / file, "from __future__ import annotations\n", "from __future__ import annotations\n\nOF = 0\n"
            )
            assert proved()[0] == everything, file
        block = tree / "impl/block_heap.py"
        replaced(
            block, "                run = run + 1\n", "                # one more\n\n                run = run + 1\n"
        )
        assert proved() == (set(), set())
        replaced(block, "if entries[index] != FREE:", "if self._is_taken(entries[index]):")
        replaced(
            block,
            "    def _mark_taken",
            "    def _is_taken(self, value: int) -> bool:\n        return value != FREE\n\n    def _mark_taken",
        )
        ran = {"block_heap.malloc", "block_heap.kmalloc", "block_heap.kzalloc"}
        assert proved() == (ran, {"block_heap"})
        replaced(block, "return index + 1 - count", "return 1 + index - count")
        assert proved() == (ran, {"block_heap"})
        replaced(block, "return 1 + index - count", "return index - count")
        assert proved(1, "REFUTED") == (ran, {"block_heap"})


REACHES = """

from proofs.engine.path import Path as _Path

_show = _Path.show


def _shown(self, name, sentence, *more, **others):
    return None if name == "lowest_run" else _show(self, name, sentence, *more, **others)


_Path.show = _shown
"""


def test_what_another_subject_s_module_reached_into_is_not_remembered_as_that_of_the_texts():
    with copied({"told.py": TOLD}) as folder:
        tree = Path(folder)
        told = (sys.executable, "told.py")
        other = tree / "proofs/bucket_heap/proof.py"
        honest = other.read_text()
        other.write_text(honest + REACHES)
        time.sleep(0.1)
        selected = ("block_heap.malloc", "bucket_heap.entry_of", "--only", "--verbose")
        without = drystone("prove", *selected, at=tree, status=3, program=told)
        other.write_text(honest)
        time.sleep(0.1)
        said = drystone("prove", "block_heap.malloc", "--only", "--verbose", at=tree, status=3, program=told)
        assert "block_heap.malloc.lowest_run " in said
        assert "block_heap.malloc.lowest_run " not in without
