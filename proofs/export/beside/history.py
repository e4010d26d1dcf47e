"""Random histories of any subject: its operations, with words that are likely to matter.

A subject whose operations need more than a descriptor says how in ``proofs/<subject>/live/export.py``: a class
``Beside``, derived from ``History``.
"""

from __future__ import annotations

from random import Random
from typing import Any

from impl.arithmetic import PAGE_SIZE, WORD_BITS, WORD_LIMIT, align_up
from proofs import registry
from proofs.export.beside.both import Both, kinds_of
from proofs.registry import Mistake

GUARD = 0xA5


class History:
    """What happens to one heap on both sides; ``step`` is called again and again.

    ``window`` is the size of the addresses that there are, ``descriptor`` the bytes of the heap's descriptor; it lies
    in pages of its own at the beginning of the window, filled with a pattern.
    """

    window = 16 << 20
    descriptor = 0

    def __init__(self, both: Both, random: Random) -> None:
        self.both, self.random = both, random
        self.memory = both.memory
        self.base = self.memory.base
        size = self.descriptor or both.unit.program.heap.SIZE
        self.heap = both.heap = self.base + 0x100
        self.open(self.base, align_up(0x100 + size, PAGE_SIZE) // PAGE_SIZE)
        self.live: list[int] = []
        self.mood = 0
        """How many requests in 200 there are more than what comes back; it changes now and then."""
        self.begin()

    @classmethod
    def window_for(cls, trace: str) -> int:
        """How many bytes of addresses there are."""
        return max(cls.window, 256 << 20) if trace else cls.window

    def open(self, address: int, pages: int) -> None:
        """Pages that somebody else has mapped and written to."""
        self.memory.open(address, pages)
        self.memory.write_both(address, bytes([GUARD]) * (pages * PAGE_SIZE))

    def begin(self) -> None:
        """The first calls."""
        operations = registry.public_of(self.both.unit.program.subject).operations
        known = self.both.functions
        self.births = [one.name for one in operations if one.establishes and one.name in known]
        self.others = [one.name for one in operations if not one.establishes and not one.requires and one.name in known]
        if not self.births:
            raise Mistake(f"{self.both.unit.program.subject}: no operation begins a heap: write live/export.py")
        self.act(self.births)

    def act(self, names: list[str]) -> Any:
        """One of these operations, with words."""
        name = self.random.choice(names)
        kinds = kinds_of(self.both.functions[name])
        if any(kind.is_ not in ("word", "bool") for kind in kinds):
            raise Mistake(f"{self.both.unit.program.subject}.{name} takes more than words: write live/export.py")
        given = [self.random.random() < 0.5 if kind.is_ == "bool" else self.word() for kind in kinds]
        result, _ = self.both.call(name, *given)
        if isinstance(result, int) and not isinstance(result, bool) and result:
            self.live.append(result)
        return result

    def step(self) -> None:
        """One more call."""
        begin = not self.others or self.random.randrange(50) == 0
        self.act(self.births if begin else self.others)

    def change_mood(self) -> None:
        """Now and then requests become more or fewer, and the machine more or less willing."""
        if self.random.randrange(60) == 0:
            self.mood = self.random.choice((-40, 0, 40, 80))
            self.memory.refusing = self.random.choice((0, 0, 0, 10, 60))

    # ------------------------------------------------------------ words

    def word(self) -> int:
        """A word: small, at an edge, near something that was given, or anything."""
        way = self.random.randrange(8)
        if way < 3:
            return self.random.randrange(1 << self.random.randrange(1, 14))
        if way == 3:
            return max(
                0, min((1 << self.random.randrange(WORD_BITS + 1)) + self.random.randrange(-2, 3), WORD_LIMIT - 1)
            )
        if way < 6 and self.live:
            return (self.random.choice(self.live) + self.random.choice((0, 0, 0, 1, 8, 16, 64, -64, -16))) % WORD_LIMIT
        return self.random.choice((0, self.heap, self.base, WORD_LIMIT - 1, self.random.getrandbits(WORD_BITS)))

    def size(self, most: int) -> int:
        """A size: small mostly, up to ``most`` now and then, at an edge of the words rarely."""
        way = self.random.randrange(40)
        if way == 0:
            return self.random.choice(
                (0, WORD_LIMIT - 1, WORD_LIMIT - 4096, WORD_LIMIT - 8192, WORD_LIMIT // 2, 1 << WORD_BITS // 2)
            )
        if way < 8:
            return self.random.randrange(most)
        if way < 14:
            return max(0, (1 << self.random.randrange(most.bit_length())) + self.random.randrange(-1, 2))
        return self.random.randrange(1, 300)

    def address(self) -> int:
        """What is freed: a live block mostly."""
        if self.live and self.random.randrange(6):
            return self.random.choice(self.live)
        return self.word()

    # ------------------------------------------------------------ what a traced program asks for

    def begin_trace(self) -> None:
        """A heap that is large enough for a program."""

    def take(self, size: int, zeroed: bool) -> int:
        """A block, or NULL."""
        raise Mistake(
            f"{self.both.unit.program.subject} serves no traces: write take, give and change in live/export.py"
        )

    def give(self, address: int) -> None:
        """A block goes back, or something that is none is refused; now and then its user does not know that it went."""
        self.both.call("free", address)
        if address in self.live and self.random.randrange(8):
            self.live.remove(address)

    def change(self, address: int, old: int, size: int) -> int:
        """A block becomes one of another size: by taking one, copying and giving back, if a heap has no other way."""
        target = self.take(size, False)
        if target and address:
            start = address - self.base
            self.memory.write_both(target, bytes(self.memory.buffer[start : start + min(old, size)]))
        if target or not size:
            self.give(address)
        return target

    def write(self, address: int, size: int) -> None:
        """The user of a block writes into it."""
        size = min(size, 512)
        if size and self.memory.holds(address, size):
            self.memory.write_both(address, self.random.randbytes(size))
