"""What the glue of a heap defines and declares, as the driver that was compiled with it tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from model.heap.state import Promise

NEEDED = ("malloc", "free")
WORDS = ("alignment", "size_aligned", "splits", "largest", "arena_alignment", "least_arena", "most_arena")
FLAGS = (
    *("has_largest", "zero_is_null", "zero_is_block", "no_zero_size", "all_comes_back", "reuses", "first_fit"),
    *("best_fit", "free_null", "realloc_null", "realloc_frees", "refuses_bad_frees", "zeroed_arena", "no_arena"),
)
"""In the order of ``struct ds_facts`` in types.h."""
WATCHED = 1 << 16
"""Of a block of a heap without arena, so many bytes are looked at (DS_WATCHED in judge.h)."""


@dataclass(frozen=True)
class Facts:
    """``bits`` of an address; the numbers and flags of the glue's macros; its ``functions``; the driver's clauses."""

    bits: int
    words: dict[str, int]
    flags: dict[str, bool]
    functions: tuple[str, ...]
    clauses: tuple[str, ...]

    @property
    def promise(self) -> Promise:
        """What the heap promises beyond the common contract."""
        flags = {name: self.flags[name] for name in FLAGS if name in Promise.__dataclass_fields__}
        alignment = max(self.words["alignment"], 1)
        words = self.words
        return Promise(alignment, words["size_aligned"], words["splits"], words["largest"], **flags)

    @property
    def missing(self) -> list[str]:
        """The functions that every glue needs, and this one lacks."""
        return [f"drystone_{name}" for name in NEEDED if name not in self.functions]

    @property
    def declared(self) -> list[str]:
        """What is declared, in words."""
        said = [f"alignment {self.words['alignment']}"] if self.words["alignment"] > 1 else []
        said += [f"{name} {self.words[name]}" for name in ("size_aligned", "splits") if self.words[name]]
        said += [f"largest {self.words['largest']}"] if self.flags["has_largest"] else []
        return said + [name for name in FLAGS if self.flags[name] and name != "has_largest"]

    @property
    def mistake(self) -> str:
        """What is wrong with the declaration, or "": no arena could be made by it."""
        words = self.words
        if words["arena_alignment"] & (words["arena_alignment"] - 1):
            return f"DRYSTONE_ARENA_ALIGNMENT is {words['arena_alignment']}: no power of two"
        if not 0 < words["least_arena"] <= words["most_arena"] <= 1 << 30:
            return f"arenas of {words['least_arena']} to {words['most_arena']} bytes: the range is 1 to 2^30"
        if words["most_arena"] < words["arena_alignment"]:
            return f"no arena of at most {words['most_arena']} bytes is aligned to {words['arena_alignment']}"
        return ""


def parse_facts(lines: Sequence[str]) -> Facts:
    """The driver's answer to ``facts``."""
    found = {word: rest for word, *rest in map(str.split, lines)}
    return Facts(
        int(found["bits"][0]),
        dict(zip(WORDS, map(int, found["words"]), strict=True)),
        dict(zip(FLAGS, (word != "0" for word in found["flags"]), strict=True)),
        tuple(found["functions"]),
        tuple(found["clauses"]),
    )
