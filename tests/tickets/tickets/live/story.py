"""A short history of dispensers that comes to every end of every operation."""

from __future__ import annotations

from collections.abc import Callable

from tickets.live.world import TicketsWorld


def story(opening: Callable[..., TicketsWorld]) -> None:
    """All of it."""
    world = opening()
    for limit in (-1, 2**64, 2):
        world.init(limit)
    for _ in range(3):
        world.take()
