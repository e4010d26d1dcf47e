"""Small subjects that call each other: one struct of one word each, whose only method the test writes."""

from __future__ import annotations

import types

from proofs.engine.operation import Proof
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Verdict

TEXT = """\
from impl.errors import NotValid
from impl.layout import Struct, u64


class {struct}(Struct, size=8):
    a = u64()

    def {method}(self{arguments}):
        {body}
"""
STAND_IN = """
    def {name}(self):
        return 0
"""
"""A method in whose place the test puts a call by contract."""


def module_of(name: str) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__file__ = f"/nowhere/{name}.py"
    return module


def text(struct: str, method: str, body: str, arguments: str = "", calls: str = "") -> str:
    written = TEXT.format(struct=struct, method=method, body=body.replace("\n", "\n        "), arguments=arguments)
    return written + (STAND_IN.format(name=calls) if calls else "")


def open_theorems(
    proofs: tuple[Proof, ...], sources: dict[str, str], but: tuple[Verdict, ...] = (Verdict.PROVED,)
) -> set[str]:
    """The theorems that have another verdict than these."""
    report = prove(proofs, (), Options(jobs=1, sources=sources))
    return {theorem.id for theorem in report.theorems if theorem.verdict not in but}


def nothing() -> None:
    return None
