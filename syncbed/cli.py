"""The `syncbed` command.

Owns words and exit codes. What a command does lives elsewhere. 0 is success, 2 is wrong usage
or an environment that cannot do it, said in one line on stderr.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from types import FrameType
from typing import Annotated, Never

import typer
from rich.console import Console

from .drivers.errors import DriverError
from .lab import command as lab_command
from .lab.errors import LabError
from .mcp.command import mcp
from .run import command as run_command
from .run import doctor as doctor_command
from .run.errors import RunError
from .scenario import ScenarioError
from .trace import TraceError
from .wire import WireError
from .wire.command import wire
from .world import ReferenceProcess, WorldError
from .world.reference import Setting, reference_command, reference_environment
from .zoo import ZooError

app = typer.Typer(
    name="syncbed",
    help="A test bed for browser sync SDKs.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
console = Console(highlight=False, soft_wrap=True)

USAGE = 2
KNOWN = (WorldError, WireError, DriverError, RunError, ScenarioError, TraceError, ZooError, LabError)


def main() -> None:
    as_json = "--json" in sys.argv[1:]
    try:
        # With --json whatever goes wrong is JSON too: usage errors come here instead of being drawn in a box.
        code = app(standalone_mode=not as_json)
    except KNOWN as error:
        _fail(str(error), as_json)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        _fail(f"{error.strerror or error}{where}", as_json)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(128 + signal.SIGINT)
    except Exception as error:
        if hasattr(error, "format_message"):  # a usage error, of whichever click typer has
            _fail(error.format_message(), as_json)
        traceback.print_exc()  # a mistake of ours: 1 would say that an SDK is broken
        _fail(f"{type(error).__name__}: {error}", as_json)
    sys.exit(code)


def _fail(text: str, as_json: bool) -> Never:
    """Wrong usage, or an environment that cannot do it."""
    if as_json:
        print(json.dumps({"exit_code": USAGE, "error": text}, ensure_ascii=False))
    print(f"syncbed: error: {text}", file=sys.stderr)
    sys.exit(USAGE)


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
    config: Annotated[
        str | None,
        typer.Option(
            envvar="SYNCBED_CONFIG",
            help="A YAML file; what is given in the environment or here goes before it.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(
            envvar="SYNCBED_HOST",
            help="A loopback address also listens on ::1. Not given: 127.0.0.1.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            envvar="SYNCBED_PORT",
            min=0,
            max=65535,
            help="0 takes any free port. Not given: 8000.",
            show_default=False,
        ),
    ] = None,
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
    as_json: Annotated[
        bool, typer.Option("--json", help="Say where it listens in one line of JSON.")
    ] = False,
) -> None:
    """Serve the reference server, on loopback and without test mode unless told otherwise.

    Every other switch and limit of the server is an environment variable, SYNCBED_<NAME>.
    """
    settings: dict[str, Setting] = {
        "config": config,
        "host": host,
        "port": port,
        "redis_url": redis_url,
        "test_mode": test_mode or None,
        "ws_dialect": ws_dialect,
    }
    if as_json:
        _serve_and_tell(settings)
    _become_reference(settings)


app.command()(lab_command.demo)
app.command()(lab_command.lab)
app.command()(run_command.run)
app.command("list")(run_command.list_scenarios)
app.command()(run_command.show)
app.command()(doctor_command.doctor)
app.command()(wire)
app.command()(mcp)


def _become_reference(settings: dict[str, Setting]) -> Never:
    """Turn into the server, so that signals, exit code and process id are its own."""
    command, environ = reference_command(), reference_environment(settings, os.environ)
    if os.name == "posix":
        os.execve(command[0], command, environ)
    sys.exit(subprocess.call(command, env=environ))


def _serve_and_tell(settings: dict[str, Setting]) -> Never:
    """The server prints words for people, so here it is a child, and what it says goes to stderr."""
    reference = ReferenceProcess(
        lambda line: print(line, file=sys.stderr, flush=True), os.environ, **settings
    )
    with ended_by_signals():
        try:
            reference.start()
            about = {"url": reference.url, "broker": reference.broker, "pid": reference.pid}
            print(json.dumps(about), flush=True)
            code = reference.wait()
        except WorldError as error:
            if error.exit_code is None:
                raise
            raise WorldError(str(error).splitlines()[-1].removeprefix("syncbed: error: ")) from None
        except KeyboardInterrupt:
            code = reference.stop() if reference.running else 0
    sys.exit(128 - code if code < 0 else code)


def _relay(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM, and SIGINT even in a background job of a shell, arrive as KeyboardInterrupt."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = {sign: signal.signal(sign, interrupt) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for sign, handler in previous.items():
            signal.signal(sign, handler)
