"""How one subject is put on the bench: what the harness must know of it beyond its specification.

``proofs/<subject>.py`` says the same to the prover, over symbolic values.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from model.language.logic import Subject
from proofs.engine.lineage import edited, lineage


def call_method(module: types.ModuleType, heap: Any, name: str, arguments: tuple[Any, ...]) -> Any:
    """Call the operation as a method of the heap."""
    return getattr(heap, name)(*arguments)


@dataclass(frozen=True)
class Bench:
    """A subject on a live machine.

    ``heap`` is the class that holds the operations, ``structs`` the header types that it uses.
    ``unborn()`` is the abstract state of a heap before init; ``extract(state, heap)`` reads the
    abstract state of an undamaged heap out of RAM; ``size_of(ghost)`` says how many things it
    holds.  ``picture(state, heap, ghost)`` draws RAM beside the model.  Clauses named in
    ``quadratic`` take time quadratic in that size; large heaps skip them.  ``invoke(module, heap, name,
    arguments)`` calls an operation.  Operations named in ``inner`` are checked where others call them, too;
    ``amid`` reads the abstract state there, if less holds in the middle of an operation than between two.
    Of a long loop every iteration is looked at up to number ``looks``, then ever fewer: the next one when that part
    of them has passed.  The pages of the first ``descriptor`` bytes from the heap's address on count as its own.
    ``advances`` says whether the abstract state follows the code's ``advance``, as in a proof; else it is what it was
    when the operation began, and is read out of RAM behind it.
    ``invariants_amid`` says whether the invariants are evaluated after operations within others, too.
    """

    subject: Subject
    module: types.ModuleType
    heap: str
    structs: tuple[str, ...]
    unborn: Callable[[], Any]
    extract: Callable[[Any, int], Any]
    size_of: Callable[[Any], int]
    picture: Callable[[Any, int, Any], str] = lambda state, heap, ghost: ""
    quadratic: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    amid: Callable[[Any, int], Any] | None = None
    looks: int = 16
    descriptor: int = 0
    invariants_amid: bool = True
    advances: bool = True
    invoke: Callable[[types.ModuleType, Any, str, tuple[Any, ...]], Any] = call_method


def load_edition(module: types.ModuleType, source: str) -> types.ModuleType:
    """A second edition of a subject's ``module``: a variant, run as ordinary code.

    ``source`` is another text for that module, or for one that holds a class from which its own is derived.
    """
    changed = edited(module, source)
    names = [one.__name__ for one in lineage(module)]
    chain = lineage(module)[: names.index(changed) + 1]
    try:
        for one in reversed(chain):
            text = source if one.__name__ == changed else source_of(one)
            edition = sys.modules[one.__name__] = _loaded(one, text)  # where the next one imports it from
        return edition
    finally:
        sys.modules.update({one.__name__: one for one in chain})


def _loaded(module: types.ModuleType, source: str) -> types.ModuleType:
    """The text, run under the name of an edition of the module."""
    edition = types.ModuleType(f"{module.__name__}.edition")
    spec = importlib.util.find_spec(module.__name__)
    edition.__dict__.update(__file__=module.__file__, __package__=spec.parent if spec else "")
    sys.modules[edition.__name__] = edition  # dataclasses look their module up
    code = compile(source, module.__file__ or module.__name__, "exec", dont_inherit=True)
    exec(code, edition.__dict__)
    return edition


def source_of(module: types.ModuleType) -> str:
    """The text of ``module``."""
    return inspect.getsource(module)


def source_with(module: types.ModuleType, piece: str) -> str:
    """The text of ``module``, or of that file of its class in which a piece of text stands."""
    texts = [source_of(one) for one in lineage(module)]
    return next((text for text in texts if piece in text), texts[0])
