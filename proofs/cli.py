"""The command ``drystone``.

TRUSTED: a command that ends early, or in an error, does not end with status 0.

Exit status: 0 all proved (or checked), 1 refuted or vacuous, 2 usage or internal error,
3 only unknowns or proved with an if, 5 nothing selected.
"""

from __future__ import annotations

import os
import sys
import traceback

import click

from proofs import registry
from proofs.command import EXIT_USAGE
from proofs.engine.guard import guarded
from proofs.prove_command import prove
from proofs.word import begin_again

OTHERS = {
    "check": "check_commands",
    "replay": "check_commands",
    "new": "check_commands",
    "compare": "compare_command",
    "record": "record_command",
    "list": "show_commands",
    "show": "show_commands",
    "spec": "show_commands",
    "language": "show_commands",
    "claims": "evidence_commands",
    "audit": "evidence_commands",
    "gallery": "evidence_commands",
    "mutate": "evidence_commands",
    "doubt": "doubt_command",
    "hints": "hints_command",
    "export": "export_command",
    "report": "report_command",
}
"""Command -> the module that has it among its COMMANDS, loaded when it is asked for."""


class Drystone(click.Group):
    """The command ``prove``, and others that prove nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return sorted([*super().list_commands(ctx), *OTHERS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in OTHERS:
            return super().get_command(ctx, cmd_name)
        command: click.Command = registry.loaded(OTHERS[cmd_name]).COMMANDS[cmd_name]
        return command


@click.group(cls=Drystone, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="drystone")
def drystone() -> None:
    """Memory allocators that are proved by running their own source.

    In a project of your own (drystone new NAME), commands look at its subjects; in other folders at the tool's own.
    Projects in the folders that the environment variable DRYSTONE_PATH names are known, too.
    """


drystone.add_command(prove)


def main() -> None:
    """Run the command in a process of its own, whose early end is no success."""
    begin_again()
    sys.exit(guarded(run))


def run() -> int:
    """Run the command; a mistake in its use is one line on standard error and exit status 2."""
    try:
        return int(drystone.main(standalone_mode=False) or 0)
    except click.ClickException as error:
        click.echo(f"drystone: {error.format_message()}", err=True)
    except click.Abort:
        click.echo("drystone: interrupted", err=True)
    except BaseException as error:  # SystemExit, too: whoever raised it, no report was printed
        if _nobody_reads(error):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left to print goes nowhere
        elif isinstance(error, registry.Mistake | OSError):
            click.echo(f"drystone: {error}", err=True)
        elif isinstance(error, Exception) and registry.place_in_project(error):
            click.echo(f"drystone: {registry.cause_of(error)}", err=True)
        else:
            traceback.print_exc()
            click.echo("drystone: this is an error of the tool itself, not of what it looked at", err=True)
    return EXIT_USAGE


def _nobody_reads(error: BaseException | None) -> bool:
    """Whether it is because the other end of the pipe was closed, as by ``| head``; click then wraps the stream."""
    if error is None:
        return "Pacify" in type(sys.stdout).__name__
    return isinstance(error, BrokenPipeError) or _nobody_reads(error.__context__)


if __name__ == "__main__":
    main()
