"""The `anonymise` command: it parses and prints for `anonymiser.school`, with a module for each command group.

Commands are imported when they are called, so that `anonymise --help` answers without loading a model,
OpenCV or SQLAlchemy.
"""

from __future__ import annotations

import importlib
import signal
import sys

import click

from anonymiser import __version__

_INTERRUPTED = 130
"""ExitCode.INTERRUPTED, before errors.py is loaded."""
_COMMANDS = {
    "init": ("workspace", "make a new workspace"),
    "demo": ("demo", "see every step on invented pupils, in about two minutes"),
    "batch": ("batch", "process a folder of photos"),
    "watch": ("watch", "process photos as they arrive in the inbox"),
    "service": ("service", "have the system start watch by itself"),
    "desk": ("desk", "review photos, people and consents on a page in the browser"),
    "review": ("review", "see the photos that wait for a person, and decide"),
    "quarantine": ("quarantine", "see the files that were not processed, and put one back"),
    "consent": ("consent", "import consents; record withdrawals and holds"),
    "find": ("find", "list every copy that shows a person, and where it was published"),
    "published": ("published", "record where a copy was published"),
    "forget": ("forget", "delete everything about a person, and check that nothing is left"),
    "enrol": ("enrol", "learn the faces of people with biometric consent"),
    "recognition": ("recognition", "open or close the biometric gate"),
    "devices": ("devices", "list the devices that the school has approved, and change the list"),
    "staff": ("staff", "say who works with the program, and what they may do"),
    "tidy": ("tidy", "delete what has been kept for long enough"),
    "audit": ("audit", "check, export and explain the record of what happened"),
    "report": ("report", "write a term's figures as a page for governors"),
    "evaluate": ("evaluate", "measure on photos with known answers"),
    "bench": ("bench", "measure how fast this computer is"),
    "models": ("models", "list and verify the model files"),
    "status": ("status", "see what is in the workspace, and what needs you"),
    "doctor": ("doctor", "check this computer: packages, model files, memory, disk"),
}
"""Command name -> (module of this package, one line of help)."""


class _LazyGroup(click.Group):
    """Lists commands from the table and imports the module of the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"anonymiser.cli.{_COMMANDS[cmd_name][0]}")
        command = getattr(module, cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module.__name__}.{cmd_name} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="anonymise")
def cli() -> None:
    """Publish school photographs without exposing a child whose family has not agreed.

    Anybody who is not known to have agreed is obscured; anything unclear waits for a person.
    """


def main() -> None:
    """Run the command line and end the process with a documented exit code."""
    code = _INTERRUPTED
    try:
        from anonymiser.cli.console import run  # noqa: PLC0415 - keeps --help fast

        code = run(cli, sys.argv[1:])
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done or told: another Ctrl+C would only print a traceback
    except KeyboardInterrupt:  # before anything was loaded, or while the first one is being told
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)
