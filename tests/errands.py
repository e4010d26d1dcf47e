"""Calls that take their time, or die, for the tests of workers elsewhere: a worker knows them by this module."""

import os
import time
from pathlib import Path


def slowly(number, flags):
    """A call that says that it began, and then takes its time, or dies."""
    (Path(flags) / f"{number}").touch()
    if number == 3:
        os._exit(7)
    time.sleep(1 if number < 4 else 0)
    return number * number
