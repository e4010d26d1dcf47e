"""The record of a subject: what there is beside its model and its proof, and in which order subjects come.

TRUSTED: a record says what runs a subject; what is proved of it stands in its proof.

``proofs/<subject>/record.py`` holds it, called RECORD.  Where everything else lies follows from the subject's name:

    model/<subject>/contract.py       PUBLIC, what it promises; model/<subject>/state.py, its abstract state
    impl/<subject>.py                 the code
    proofs/<subject>/proof.py         PROOF
    proofs/<subject>/live/rules.py    a WorldMachine, whose rules make up random histories
    proofs/<subject>/live/story.py    ``story(opening)``, played in the ``world`` of live/world.py
    proofs/<subject>/live/scenario.py ``witness()``, a plain run
    proofs/<subject>/live/driver.py   ``DRIVER``, how a program's trace is replayed on it
    proofs/<subject>/live/small.py    contracts on small states, for CrossHair
    proofs/<subject>/live/export.py   ``Beside``, what happens to its C and to the Python, side by side
    proofs/<subject>/statements.py    STATEMENTS, what the documents promise
    proofs/hints/<subject>.lock       what its proofs use
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LAST = 1000
"""The place of a subject that nothing else rests on."""


@dataclass(frozen=True)
class Record:
    """What else there is of a subject.

    ``place`` orders the subjects; one comes after those that it rests on.  ``code`` is the module that runs, if that
    is not impl.<subject>.  ``world`` is the class of live/world.py in which its story is played, "" if there is no
    story; ``scenario`` tells whether there is a plain one, ``serves`` whether it replays traces.  ``wide`` says why
    there are words of 64 bits only, "" if there may be words of 32, too.  ``seen_in`` are subjects whose theorems and
    variants speak of its documents and known defects, too.  ``defects`` are known ones of the original system: id ->
    what goes wrong.
    """

    place: int = LAST
    code: str = ""
    world: str = ""
    scenario: bool = False
    serves: bool = False
    wide: str = ""
    seen_in: tuple[str, ...] = ()
    defects: Mapping[str, str] = field(default_factory=dict)
