"""Every error that the stack raises, in one small tree.

DrystoneError
|-- PageFault             a load, store or fetch that the page tables do not allow
|-- BusError              a physical address outside RAM
|-- MappingError          map, unmap or protect refused; nothing was changed
|   |-- AlreadyMapped     a page that was to be mapped is
|   |-- NotMapped         a page is not mapped
|   |-- NoPages           a range of no pages
|   |-- NotAligned        an address at which no page begins
|   |-- NotCanonical      a range that leaves the canonical addresses
|   |-- LastPage          a range with the last page of all, which is never mapped
|   `-- Destroyed         the address space was destroyed
|-- OutOfMemory           no room for an allocator's own header       (FRM-1)
|-- PhysicalMemoryFull    no free block of frames of that order       (FRM-7)
|-- NotValid              an order or an area that the frame allocator refuses
|   |-- NoSuchFrame       an address that is not that of a frame of the area
|   |-- NotReserved       a frame that may be handed out
|   `-- AlreadyLent       a reserved frame that is mapped already
|-- InvalidFree           free of an address that is no live allocation
|   `-- DoubleFree        free of a block that is free already
|-- HeapCorruption        a header without magic, a neighbour that does not point back, a link that leads astray
|-- LockError             a lock taken twice, or used without being held
`-- ShadowViolation       checked runs only: somebody touched memory that is not his

TRUSTED: statements name the errors that a program raises, and the prover tells them apart by these classes.
"""


class DrystoneError(Exception):
    """Base of every error of the stack."""


class PageFault(DrystoneError):
    """A load, a store or a fetch that the page tables do not allow.

    ``address`` is the faulting virtual address, ``access`` is "read", "write" or "execute",
    ``cause`` says why ("not present", "read-only", "supervisor", "no-execute", "not canonical").
    """

    def __init__(self, address: int, access: str, cause: str) -> None:
        super().__init__(f"page fault: {access} at {address:#x}: {cause}")
        self.address = address
        self.access = access
        self.cause = cause


class BusError(DrystoneError):
    """A physical access outside RAM."""


class MappingError(DrystoneError):
    """map, unmap or protect was refused; no page changed."""


class AlreadyMapped(MappingError):
    """A page of the range is mapped already."""


class NotMapped(MappingError):
    """A page of the range is not mapped."""


class NoPages(MappingError):
    """The range has no page."""


class NotAligned(MappingError):
    """The address is no multiple of 4096: no page begins there."""


class NotCanonical(MappingError):
    """A page of the range lies outside the two halves of the canonical addresses, or beyond the last address."""


class LastPage(MappingError):
    """The range holds the last page of all, from 2**64 - 4096 on, whose end is no machine word: it is never mapped."""


class Destroyed(MappingError):
    """The address space was destroyed: nothing can be mapped in it."""


class OutOfMemory(DrystoneError):
    """No place for the header of an area (documented as ERR_OUT_OF_MEMORY)."""


class PhysicalMemoryFull(DrystoneError):
    """No free block of the requested order or a larger one, or fewer free frames than a mapping takes.

    Documented as ERR_PHYSICAL_MEMORY_FULL.  Nothing changed.
    """


class NotValid(DrystoneError):
    """The order or the area is refused (documented as ERR_NOT_VALID); nothing changed."""


class NoSuchFrame(NotValid):
    """No frame of the frame allocator's area begins at the physical address."""


class NotReserved(NotValid):
    """The frame is free or allocated: only one that is never handed out can be lent."""


class AlreadyLent(NotValid):
    """The reserved frame is mapped already, by this address space or another."""


class InvalidFree(DrystoneError):
    """The address is not that of a live allocation; nothing changed."""


class DoubleFree(InvalidFree):
    """The block at the address is free already; nothing changed."""


class HeapCorruption(DrystoneError):
    """No intact header lies before the address, or a link of a list leads where none can.

    Nothing changed, unless the heap's docstring says what did.
    """


class LockError(DrystoneError):
    """A lock was taken that is held, or something that needs it was called without; nothing changed."""


class ShadowViolation(DrystoneError):
    """A checked run saw an access to memory that does not belong to whoever made it."""
