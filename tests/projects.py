"""Projects of somebody's own, written by `drystone new` and changed by a test; commands run in them as a user would."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def drystone(*arguments, at, status=0, program=(sys.executable, "-m", "proofs.cli"), **environment):
    """What the command prints in the folder ``at``; it must end with that status."""
    done = subprocess.run(
        [*program, *arguments],
        capture_output=True,
        text=True,
        cwd=at,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def replaced(file, old, new):
    """Change a piece of a file, which occurs there."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
