"""All that is proved of the stack: its public contract, and the steps to it."""

from __future__ import annotations

from model.language.logic import Operation, Transition, Truth, clause, implies, mention
from model.stack.contract import PUBLIC, shared
from model.stack.words import WORDS
from proofs.engine.helping import helped
from proofs.stack.footprints import STEPS as FRAMED
from proofs.stack.tables import STEPS as TABLES
from proofs.stack.words import STEPS as OF_WORDS


@clause("a byte that lies in two live blocks lies in one page, or one run")
def one_page(t: Transition) -> Truth:
    home = t.ghost["bucket_heap"].home
    return implies(shared("bucket_heap", t), home[t.block] == home[t.other])


@clause("no live block lies below address 0")
def no_negative(t: Transition) -> Truth:
    return implies(shared("bucket_heap", t), (t.block >= 0) & (t.other >= 0))


@clause("the block in which a byte lies is looked at")
def block_of_byte(t: Transition) -> Truth:
    blocks = t.ghost["block_heap"]
    return mention(blocks.first[blocks.block(t.byte)])


STEPS = {"bucket_heap": (one_page, no_negative), "block_heap": (block_of_byte,)}


def _helped(operation: Operation) -> Operation:
    """The operation, with the steps to its first clause that needs any."""
    if operation.name in FRAMED:
        return helped(operation, steps={operation.ensures[0].name: FRAMED[operation.name]})
    if operation.name in TABLES:
        return helped(operation, steps={"walked": TABLES[operation.name]})
    if operation.name == WORDS.name:
        return helped(operation, steps=OF_WORDS)
    return helped(operation, steps={"one_block": STEPS[operation.name]}) if operation.name in STEPS else operation


SUBJECT = PUBLIC.made_of(map(_helped, PUBLIC.operations))
