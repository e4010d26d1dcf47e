"""``--word 32``: commands that look at allocators with machine words of 32 bits.

A process has one word, chosen before anything is imported that lays out a struct (impl/words.py).  So a command that
is asked for the other word begins again, with the environment variable DRYSTONE_WORD set.

TRUSTED: what is said of words of 32 bits was found out about them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from impl import words as machine
from model.language.words import WORD_BITS

OPTION = "--word"
NARROW = (
    "words have 32 bits; that memory keeps its contract is assumed: page tables and TLBs are proved at 64 bits only"
)
"""What a report says of every theorem at 32 bits."""

if machine.WORD_BITS != WORD_BITS:
    raise ValueError(f"programs run with words of {machine.WORD_BITS} bits, specifications with {WORD_BITS}")


def asked(arguments: Sequence[str]) -> str:
    """The word that a command's arguments ask for, "" if they say nothing of it."""
    found = ""
    for number, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == OPTION:
            found = arguments[number + 1] if number + 1 < len(arguments) else ""
        elif argument.startswith(f"{OPTION}="):
            found = argument.removeprefix(f"{OPTION}=")
    return found


def begin_again() -> None:
    """Replace this process by one with the word that its arguments ask for, unless it has that word."""
    bits = asked(sys.argv[1:])
    if bits in machine.WIDTHS and bits != str(WORD_BITS):
        os.environ[machine.VARIABLE] = bits
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _of_this_process(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None and int(value) != WORD_BITS:
        raise click.UsageError(
            f"this process has words of {WORD_BITS} bits: set {machine.VARIABLE}={value} before it begins"
        )


word_option = click.option(
    OPTION,
    type=click.Choice(machine.WIDTHS),
    callback=_of_this_process,
    expose_value=False,
    help=f"Bits of a machine word.  [default: {machine.VARIABLE}, or 64]",
)
