"""Why a survey of mutants cannot be made."""

from proofs.registry import Mistake


class NotProved(Mistake):
    """The sound subject is not proved, so that nothing can be said of its mutants."""

    def __init__(self, name: str, verdict: str) -> None:
        super().__init__(f"{name} itself is {verdict}: `drystone prove {name}` says where")


class NoReason(Mistake):
    """An entry of the list of equivalent mutants that is not what it must be."""
