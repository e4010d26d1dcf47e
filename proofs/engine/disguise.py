"""The same obligation in another dress: facts in another order, every declared symbol under another name.

A proof must not hang on either.  Only names that the text declares are changed, and only assertions
are moved, so a disguised text is satisfiable exactly if the text is.

NOT TRUSTED: that a disguised text is proved makes no theorem PROVED.
"""

from __future__ import annotations

import random
import re

TOKEN = re.compile(r"\|[^|]*\||\"[^\"]*\"|[()]|[^\s()|\"]+|\s+")
DECLARED = re.compile(r"^\(declare-(?:fun|const) (\|[^|]*\||\S+)")


def disguised(text: str, seed: int) -> str:
    """``text`` with assertions shuffled and declared symbols renamed, the same for the same ``seed``."""
    chance = random.Random(seed)
    commands = commands_of(text)
    declarations = [command for command in commands if not command.startswith("(assert")]
    assertions = [command for command in commands if command.startswith("(assert")]
    chance.shuffle(declarations)
    chance.shuffle(assertions)
    names = [match.group(1) for command in declarations if (match := DECLARED.match(command))]
    chance.shuffle(names)
    aliases = {name: f"d{number}" for number, name in enumerate(names)}
    return "\n".join(_renamed(command, aliases) for command in [*declarations, *assertions]) + "\n"


def commands_of(text: str) -> list[str]:
    """The commands at the top level."""
    commands: list[str] = []
    depth, begun = 0, 0
    for match in TOKEN.finditer(text):
        if match.group() == "(":
            if depth == 0:
                begun = match.start()
            depth += 1
        elif match.group() == ")":
            depth -= 1
            if depth == 0:
                commands.append(text[begun : match.end()])
    return commands


def _renamed(command: str, aliases: dict[str, str]) -> str:
    return "".join(aliases.get(token, token) for token in TOKEN.findall(command))
