"""The pictures at the top of README.md, drawn as `drystone report --pictures` draws them.

python -m tests.pictures        draws them again
"""

import inspect
from pathlib import Path

import impl.segment_heap
from proofs.checking.bench import load_edition
from proofs.checking.witness import scripted_violation
from proofs.engine.verdict import Report, TheoremResult, Verdict
from proofs.maps.unfolding import unfolded
from proofs.page.measuring import measured
from proofs.page.pictures import pictures

FOLDER = Path(__file__).parent.parent / ".github" / "pictures"
SOUND, BROKEN = "if segment.free and segment.size >= needed:", "if segment.size >= needed:"
"""A first fit that forgets to look whether a segment is free."""


def broken_source() -> str:
    """The segment heap with that mistake."""
    text = inspect.getsource(impl.segment_heap)
    assert text.count(SOUND) == 1
    return text.replace(SOUND, BROKEN)


def refuted() -> TheoremResult:
    """The theorem that the mistake breaks, as `drystone prove --source` reports it."""
    edition = load_edition(impl.segment_heap, broken_source())
    found = unfolded(scripted_violation("segment_heap", edition).script, edition)
    operation = found.theorem.split(".")[1]
    theorem = TheoremResult(found.theorem, "segment_heap", operation, found.sentence, Verdict.REFUTED)
    theorem.unfolding = found.as_data()
    return theorem


def drawn() -> dict[str, str]:
    """File -> picture."""
    free = TheoremResult("segment_heap.free.free_cost", "segment_heap", "free", "", Verdict.PROVED)
    dots = {"segment_heap": {"free": measured(["segment_heap"], {}, 1)["segment_heap"]["free"]}}
    return {name: f"{text}\n" for name, text in pictures(Report([refuted(), free]), dots)}


if __name__ == "__main__":
    for name, text in drawn().items():
        (FOLDER / name).write_text(text)
