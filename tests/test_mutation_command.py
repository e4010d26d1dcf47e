"""The command ``drystone mutate``: one line for a mistake, and a sample of a real subject."""

import sqlite3
import sys

import pytest

from proofs.cli import main


@pytest.fixture
def run(capfd, monkeypatch, tmp_path):
    """Run the command in this process, in an empty folder: (status, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def running(*arguments: str):
        monkeypatch.setattr(sys, "argv", ["drystone", "mutate", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        said = capfd.readouterr()
        return end.value.code, said.out, said.err

    return running


def test_an_unknown_subject_is_one_clear_line_and_status_2(run):
    status, out, err = run("no_such_heap")
    assert (status, out) == (2, "")
    assert "no subject is called 'no_such_heap'" in err


@pytest.mark.slow
def test_a_sample_of_a_subject_is_killed_and_remembered(run, tmp_path):
    status, out, _ = run("block_heap.free", "block_heap._mark_taken", "--sample", "3", "--jobs", "1", "-v")
    assert status == 0
    assert "REFUTED    impl/block_heap.py:" in out
    assert "3 mutants (a sample of" in out
    with sqlite3.connect(tmp_path / ".drystone" / "mutants.sqlite") as store:
        assert store.execute("SELECT count(*) FROM fates").fetchone() == (3,)
