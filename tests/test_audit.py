"""The trust ledger lists what the sources say, counts it, and misses no axiom."""

import ast
import json
import re
import sys
from functools import cache
from pathlib import Path

import pytest

from proofs import audit
from proofs.audit import Ledger, assumptions_in, axioms, code_lines, trusted_in
from proofs.cli import main
from proofs.engine import bits, masks, multiples, powers, store
from proofs.kernel import imports

ENGINE = Path(audit.__file__).parent / "engine"


@pytest.fixture
def run(capfd, monkeypatch):
    """Run ``drystone audit``: (status, standard output)."""

    def running(*arguments: str):
        monkeypatch.setattr(sys, "argv", ["drystone", "audit", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, capfd.readouterr().out

    return running


@cache
def ledger() -> Ledger:
    """The ledger of this tree, made once."""
    return audit.ledger()


def test_every_file_that_says_trusted_is_listed():
    files = [file for package in ("impl", "model", "proofs") for file in (audit.ROOT / package).rglob("*.py")]
    said = {file for file in files if "\n\nTRUSTED" in (ast.get_docstring(ast.parse(file.read_text())) or "")}
    assert said == {audit.ROOT / one.file for one in ledger().trusted}
    assert all(one.why and 0 < one.code < one.lines for one in ledger().trusted)


def test_every_line_that_says_assumed_is_listed_with_its_place():
    said = sum(file.read_text().count("# ASSUMED:") for file in ENGINE.glob("*.py"))
    found = [one for one in ledger().assumptions if one.where.startswith("proofs/engine/")]
    assert 0 < len(found) == said
    assert len(ledger().assumptions) <= 8
    for one in found:
        name, number = one.where.split(":")
        assert one.sentence in (ENGINE / Path(name).name).read_text().splitlines()[int(number) - 1]


def test_words_are_no_code():
    text = '"""Module.\n\nTwo."""\n\n# why\nx = """a\nb"""\n\n\ndef f():\n    """Doc."""\n    return x  # x\n'
    assert code_lines(text) == 4


def test_a_file_is_trusted_if_its_docstring_says_so(tmp_path):
    file = tmp_path / "it.py"
    file.write_text('"""What it is.\n\nTRUSTED: it must be\nright. And more.\n"""\nx = 1\n')
    (one,) = trusted_in(file)
    assert (one.code, one.why) == (1, "it must be right")
    file.write_text('"""What it is."""\nTRUSTED = 1\n')
    assert list(trusted_in(file)) == []
    file.write_text("    # ASSUMED: it holds.\n")
    assert [one.sentence for one in assumptions_in(file)] == ["it holds."]


def test_every_axiom_is_proved_by_a_test(run, monkeypatch, tmp_path):
    names = {axiom.name for axiom in ledger().axioms}
    assert names > {f"powers.{law.name}" for law in powers.LAWS} | {f"bits.{law.name}" for law in bits.LAWS}
    assert names > {f"multiples.{law.name}" for law in multiples.LAWS} | {f"masks.{law.name}" for law in masks.LAWS}
    assert names > store.KEPT.keys()
    assert run()[0] == 0
    assert all(not axiom.lemma for axiom in axioms(tmp_path) if not axiom.name.startswith("mention"))


def test_no_other_file_introduces_axioms():
    users = {file.name for file in ENGINE.rglob("*.py") if ".introduce(" in file.read_text()}
    assert users == {"powers.py", "multiples.py", "bits.py", "masks.py", "values.py", "operators.py", "definitions.py"}


def test_json_has_every_list(run):
    status, out = run("--format", "json")
    document = json.loads(out)
    assert status == 0
    assert document.pop("unmarked") == []
    assert document.keys() == {"trusted", "assumptions", "preconditions", "axioms", "exclusions"}
    assert all(document.values())


def test_the_last_line_carries_every_count(run):
    _, out = run()
    found = ledger()
    last = out.splitlines()[-1]
    for count in (len(found.trusted), len(found.assumptions), len(found.axioms), len(found.exclusions)):
        assert re.search(rf"\b{count}\b", last)


def test_lines_of_laws_are_counted_apart(run):
    _, out = run()
    found = ledger()
    laws = [one for one in found.trusted if one.file in audit.LAWS]
    assert {Path(one.file).stem for one in laws} == {"bits", "masks", "multiples", "powers"}
    assert found.code(laws=True) == sum(one.code for one in laws)
    apart = [*laws, *(one for one in found.trusted if one.file.startswith(audit.TRANSLATOR))]
    assert found.code(laws=False) == sum(one.code for one in found.trusted if one not in apart)
    assert f"with {found.code(laws=False)} lines of code and {found.code(laws=True)} of laws" in out.splitlines()[-1]


def test_lines_of_the_translation_to_c_are_counted_apart_and_no_theorem_rests_on_them(run):
    _, out = run()
    found = ledger()
    own = [one for one in found.trusted if one.file.startswith("proofs/export/")]
    assert found.translation == sum(one.code for one in own) > 1000
    assert f"and {found.translation} of the translation to C" in out.splitlines()[-1]
    kernel = [audit.ROOT / one.file for one in found.trusted if one not in own]
    for file in kernel:
        assert not [other for other in imports(file, audit.ROOT) if "proofs/export/" in other.as_posix()], file
