"""All that is proved of the bucket heap: the operations of which it consists, then its public contract."""

from __future__ import annotations

from dataclasses import replace

from model.bucket_heap.contract import PUBLIC
from model.bucket_heap.memory import has_room
from model.bucket_heap.shared import after
from model.language.logic import Transition, Truth, clause
from model.language.words import succeeded
from proofs.bucket_heap.inside import INSIDE, RAZED
from proofs.bucket_heap.parts import PARTS
from proofs.engine.helping import helped


@clause("an extent that is accepted has room for two pages behind its header", when=succeeded)
def accepts_with_room(t: Transition) -> Truth:
    return has_room(t, after(t).shift)


INIT = helped(PUBLIC.operation("init"), steps={"accepts_what_fits": (accepts_with_room,)})

DESTROY = replace(PUBLIC.operation("destroy"), lemmas=(*INSIDE, *RAZED))
HELPED = {"init": INIT, "destroy": DESTROY}

SUBJECT = PUBLIC.made_of((*PARTS, *(HELPED.get(one.name, one) for one in PUBLIC.operations)))
