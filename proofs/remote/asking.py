"""What a worker of the scheduler is sent: this function, by its text, since the worker may know nothing of ours.

TRUSTED where calls are answered elsewhere: what comes back is what was answered.
"""

from __future__ import annotations


def ask(request: bytes) -> bytes:
    """Hand a request to the part of the tool that is installed where this runs."""
    from drystone.proofs.remote.worker import answered

    answer: bytes = answered(request)
    return answer
