"""What can happen to a segment heap: its operations, its users' mistakes, its neighbours."""

from __future__ import annotations

from impl.arithmetic import PAGE_SIZE, WORD_LIMIT
from impl.segment_heap import MAGIC, Segment
from model.segment_heap.state import HEADER, Chain, complained, live
from proofs.checking.violation import Violation
from proofs.checking.world import World
from proofs.segment_heap.live.bench import BENCH

JUNK = b"A"
BACK = "without any live block, as many frames are free after trim as before the first request"
DUMPED = "dump logs every segment once, with its size, and whether it is free"


def forged(size: int, free: bool, following: int, previous: int) -> bytes:
    """The bytes of a perfect header."""
    image = bytearray(Segment.SIZE)
    values = {"magic": MAGIC, "size": size, "free": int(free), "next": following, "prev": previous}
    for field in Segment.FIELDS:
        image[field.offset : field.offset + field.width] = values[field.name].to_bytes(field.width, "little")
    return bytes(image)


class SegmentHeapWorld(World):
    """A world around one segment heap."""

    bench = BENCH
    born = False
    """Whether init has ever succeeded; before that the descriptor holds garbage: no other call is legal."""
    begun: tuple[int, list[int]] = (0, [])
    """Frames that were free or held by somebody when init was done, and the neighbours' pages then."""

    @property
    def chain(self) -> Chain:
        """The model."""
        ghost: Chain = self.checked.ghost
        return ghost

    @property
    def alive(self) -> bool:
        """Whether the heap was initialised and not destructed since."""
        return bool(self.chain.count)

    # ------------------------------------------------------------ operations

    def init(self, base: int) -> bool:
        """Initialise at ``base``, with a guard page directly below if there is room for one."""
        self.note("init", self.text(base))
        guarded = base % PAGE_SIZE == 0 and PAGE_SIZE < base < WORD_LIMIT and self.settle(base - PAGE_SIZE)
        t = self.call("init", base)
        if guarded and not t.result:
            self.leave()
        self.born = self.born or bool(t.result)
        self.begun = self.machine.free_frames() + len(self.held), list(self.foreign)
        self.look_after("init")
        return bool(t.result)

    def allocate(self, size: int) -> int:
        """Allocate ``size`` bytes; the user fills the block."""
        self.blocks += 1
        name = f"a{self.blocks}"
        self.note("allocate", str(size), result=name)
        t = self.call("allocate", size)
        address = t.result or 0
        if address:
            self.admit(address, size, name)
        self.look_after("allocate")
        return int(address)

    def free(self, address: int) -> None:
        """Free ``address``, whatever it is."""
        self.note("free", self.text(address))
        t = self.call("free", address)
        if not t.raised and live(t.ghost, address) and not complained(t):
            del self.contents[address]
        self.look_after("free")

    def trim(self) -> int:
        """Give free pages at the end back; without any live block, as many frames are free as when init was done."""
        self.note("trim")
        t = self.call("trim")
        same_neighbours = self.foreign == self.begun[1]
        if self.alive and not self.contents and not complained(t) and same_neighbours:
            missing = self.begun[0] - len(self.held) - self.machine.free_frames()
            if missing:
                raise Violation("segment_heap.trim.trim_restores", BACK, f"{missing} frames are missing")
        self.look_after("trim")
        return int(t.result)

    def dump(self) -> None:
        """List the segments."""
        self.note("dump")
        t = self.call("dump")
        messages = list(self.machine.memory.messages)
        lines = max(len(messages) - (t.new.log_length - t.old.log_length), 0)
        self._judge_lines([values for _, values in messages[lines:]])
        self.look_after("dump")

    def _judge_lines(self, lines: list[tuple[int, ...]]) -> None:
        """Violation if a line about a segment tells another size than its header, or whether it is free."""
        with self.machine.counter.paused():
            for header, *told in lines:
                segment = Segment(self.checked.quick_heap.memory, header)
                if told and told != [segment.size, segment.free]:
                    raise Violation("segment_heap.dump.dump_is_complete", DUMPED, f"{header:#x}: {told}")

    def destruct(self) -> None:
        """Take the heap down; the neighbours leave, and no frame is missing."""
        self.note("destruct")
        self.contents.clear()
        self.call("destruct")
        self.leave()
        self.all_back("destruct")

    # ------------------------------------------------------------ mischief

    def overrun(self, address: int, count: int) -> None:
        """The user of the block at ``address`` writes 1 <= ``count`` <= HEADER bytes beyond its segment's end."""
        self.note("overrun", self.text(address), str(count))
        victim = self.chain.after[address - HEADER]
        if victim != self.chain.end:
            self.checked.vandalise(victim, JUNK * count)

    def hit(self, header: int, count: int) -> None:
        """A wild pointer hits the first 1 <= ``count`` <= HEADER bytes of a header."""
        self.note("hit", self.text(header), str(count))
        self.checked.vandalise(header, JUNK * count)

    def mislead(self, header: int, kind: int) -> None:
        """A stray write over the next of a header: it leads to itself, down, out of the heap, or half out of it."""
        self.note("mislead", self.text(header), str(kind))
        end = self.chain.end
        targets = (header, self.chain.start, end, end + PAGE_SIZE - 8, end - HEADER + 1, WORD_LIMIT - 8)
        target = targets[kind % len(targets)]
        self.checked.vandalise(header + Segment.next.offset, target.to_bytes(Segment.next.width, "little"))

    def forge(self, address: int, offset: int, free: bool) -> None:
        """The user of the block at ``address`` writes a perfect header ``offset`` bytes into it."""
        self.note("forge", self.text(address), str(offset), str(free))
        journal = len(self.journal)
        header = forged(64, free, self.chain.after[address - HEADER], address - HEADER)
        self.write(address, offset, header)
        del self.journal[journal:]

    def intrude(self) -> bool:
        """Somebody maps the page right at the heap's end."""
        self.note("intrude")
        return self.settle(self.chain.end)

    def retreat(self) -> None:
        """All neighbours, the guard included, give their pages up."""
        self.note("retreat")
        self.leave()
