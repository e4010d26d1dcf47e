"""Every error that the stack raises, in one small tree.

DrystoneError
|-- PageFault             a load or store that the page tables do not allow
|-- BusError              a physical address outside RAM
|-- MappingError          map, unmap or protect refused; nothing was changed
|   |-- AlreadyMapped
|   |-- NotMapped
|   `-- NotCanonical
|-- OutOfMemory           no room for an allocator's own header       (FRM-1)
|-- PhysicalMemoryFull    no free block of frames of that order       (FRM-7)
|-- NotValid              an order or an area that the frame allocator refuses
|-- InvalidFree           free of an address that is no live allocation
|   `-- DoubleFree        free of a block that is free already
|-- HeapCorruption        a header that was to be freed lost its magic, or its neighbours do not point back
|-- LockError             a lock taken twice, or used without being held
`-- ShadowViolation       checked runs only: somebody touched memory that is not his

TRUSTED: statements name the errors that a program raises, and the prover tells them apart by these classes.
"""


class DrystoneError(Exception):
    """Base of every error of the stack."""


class PageFault(DrystoneError):
    """A load or store that the page tables do not allow.

    ``address`` is the faulting virtual address, ``access`` is "read" or "write",
    ``cause`` says why ("not present", "read-only", "supervisor", "not canonical").
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


class NotCanonical(MappingError):
    """The range is not page-aligned or leaves the canonical address space."""


class OutOfMemory(DrystoneError):
    """No place for the header of an area (documented as ERR_OUT_OF_MEMORY)."""


class PhysicalMemoryFull(DrystoneError):
    """No free block of the requested order (documented as ERR_PHYSICAL_MEMORY_FULL)."""


class NotValid(DrystoneError):
    """The order or the area is refused (documented as ERR_NOT_VALID); nothing changed."""


class InvalidFree(DrystoneError):
    """The address is not that of a live allocation; nothing changed."""


class DoubleFree(InvalidFree):
    """The block at the address is free already; nothing changed."""


class HeapCorruption(DrystoneError):
    """What lies before the address is no intact header; nothing changed."""


class LockError(DrystoneError):
    """A lock was taken that is held, or something that needs it was called without; nothing changed."""


class ShadowViolation(DrystoneError):
    """A checked run saw an access to memory that does not belong to whoever made it."""
