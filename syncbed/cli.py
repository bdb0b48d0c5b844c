"""The `syncbed` command.

Owns words and exit codes. What a command does lives elsewhere. 0 is success, 2 is wrong usage
or an environment that cannot do it, said in one line on stderr.
"""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from importlib.metadata import version
from typing import Annotated, Never

import typer
from rich.console import Console

from .drivers.errors import DriverError
from .lab import command as lab_command
from .lab.errors import LabError
from .run import command as run_command
from .run import doctor as doctor_command
from .run.errors import RunError
from .scenario import ScenarioError
from .trace import TraceError
from .wire import WireError
from .wire.command import wire
from .world import WorldError
from .world.reference import Setting, reference_command, reference_environment

app = typer.Typer(
    name="syncbed",
    help="A test bed for browser sync SDKs.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
console = Console(highlight=False, soft_wrap=True)


def main() -> None:
    try:
        app()
    except (WorldError, WireError, DriverError, RunError, ScenarioError, TraceError, LabError) as error:
        print(f"syncbed: error: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        print(f"syncbed: error: {error.strerror or error}{where}", file=sys.stderr)
        sys.exit(2)
    except Exception:  # a mistake of ours: 1 would say that an SDK is broken
        traceback.print_exc()
        sys.exit(2)


def _print_version(asked: bool) -> None:
    if asked:
        console.print(f"syncbed {version('syncbed')}")
        raise typer.Exit


@app.callback()
def syncbed(
    show_version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit."),
    ] = False,
) -> None:
    """Where commands hang: an app of one command would have none by name."""
    del show_version


@app.command()
def serve(
    host: Annotated[
        str, typer.Option(envvar="SYNCBED_HOST", help="A loopback address also listens on ::1.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="SYNCBED_PORT", min=0, max=65535, help="0 takes any free port.")
    ] = 8000,
    redis_url: Annotated[
        str | None,
        typer.Option(
            envvar="SYNCBED_REDIS_URL",
            help="redis://host:6379/0. Not given: the embedded memory broker.",
            show_default=False,
        ),
    ] = None,
    test_mode: Annotated[
        bool,
        typer.Option(
            "--test-mode",
            envvar="SYNCBED_TEST_MODE",
            help="Add the endpoints under /test, which can break any client's connection.",
        ),
    ] = False,
    ws_dialect: Annotated[
        str | None,
        typer.Option(
            envvar="SYNCBED_WS_DIALECT",
            help="What /ws speaks. Not given: the server's default.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve the reference server, on loopback and without test mode unless told otherwise.

    Every other switch and limit of the server is an environment variable, SYNCBED_<NAME>.
    """
    settings: dict[str, Setting] = {
        "host": host,
        "port": port,
        "redis_url": redis_url,
        "test_mode": test_mode,
        "ws_dialect": ws_dialect,
    }
    _become_reference(settings)


app.command()(lab_command.demo)
app.command()(lab_command.lab)
app.command()(run_command.run)
app.command("list")(run_command.list_scenarios)
app.command()(run_command.show)
app.command()(doctor_command.doctor)
app.command()(wire)


def _become_reference(settings: dict[str, Setting]) -> Never:
    """Turn into the server, so that signals, exit code and process id are its own."""
    command, environ = reference_command(), reference_environment(settings, os.environ)
    if os.name == "posix":
        os.execve(command[0], command, environ)
    sys.exit(subprocess.call(command, env=environ))
