"""`syncbed wire`: the wire alone, in front of any server, steered by its REST API.

`cli` mounts `wire`; `python -m syncbed.wire` runs it without the rest.
"""

import asyncio
import json
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated

import typer

from ..signals import told_to_end
from .control import ControlServer
from .errors import WireError
from .records import Record
from .settings import WireSettings, upstream_from_text
from .wire import Wire

EXIT_USAGE = 2


def wire(
    upstream: Annotated[
        list[str],
        typer.Option(help="NAME=URL of a server behind the wire. Repeatable; the first is the default."),
    ],
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The first profile's port; 0: any free one.")
    ] = 9001,
    profile: Annotated[
        list[str] | None,
        typer.Option(help="NAME or NAME=PORT. Repeatable; without a port, one more than the last."),
    ] = None,
    control_port: Annotated[int, typer.Option(min=0, max=65535, help="The REST API's port.")] = 9000,
    rules: Annotated[Path | None, typer.Option(help="A JSON file with the rules to start with.")] = None,
    held: Annotated[bool, typer.Option("--held", help="Start in held mode.")] = False,
    rewrite_host: Annotated[
        list[str] | None, typer.Option(help="NAME of an upstream that must get its own Host and Origin.")
    ] = None,
    keep_alive: Annotated[
        bool,
        typer.Option("--keep-alive", help="Do not close after each answer (the browser may then re-send)."),
    ] = False,
    documents: Annotated[
        bool,
        typer.Option(
            "--documents", help="Let pages be framed, bring redirects home, refuse service workers."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="What rules with a chance draw from.")] = 0,
    events: Annotated[
        Path | None, typer.Option(help="Write every event to this file, one JSON a line.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say where it listens in one line of JSON.")
    ] = False,
) -> None:
    """Put a fault-injecting proxy in front of a server: HTTP and WebSocket, real sockets."""
    try:
        settings = WireSettings(
            upstreams=tuple(upstream_from_text(text, rewrite_host or ()) for text in upstream),
            profiles=profiles_from(profile or ["alice"], port),
            seed=seed,
            keep_alive=keep_alive,
            documents=documents,
        )
        run(_serve(settings, control_port, read_rules(rules), held=held, events=events, as_json=as_json))
    except WireError as error:
        if as_json:
            print(json.dumps({"exit_code": EXIT_USAGE, "error": str(error)}))
        print(f"syncbed wire: error: {error}", file=sys.stderr)
        raise typer.Exit(EXIT_USAGE) from error


def profiles_from(texts: list[str], port: int) -> dict[str, int]:
    """profile -> port, counting up from `port` where none is given."""
    found: dict[str, int] = {}
    for text in texts:
        name, _, given = text.partition("=")
        if given and (not given.isdecimal() or int(given) > 65_535):
            raise WireError(
                "invalid", f"{text!r} is no profile", path="/profile", allowed=["NAME", "NAME=PORT"]
            )
        if name in found:
            raise WireError("invalid", f"profile {name!r} is given twice", path="/profile")
        found[name] = int(given) if given else port
        port = found[name] + 1 if found[name] else 0
    return found


def read_rules(path: Path | None) -> object:
    """The JSON of a rules file; its rules are judged by the wire."""
    if path is None:
        return []
    try:
        return json.loads(path.read_text())
    except OSError as error:
        raise WireError("invalid", f"{path} cannot be read: {error.strerror}", path="/rules") from error
    except ValueError as error:
        raise WireError("not_json", f"{path} is no JSON: {error}", path="/rules") from error


async def _serve(
    settings: WireSettings,
    control_port: int,
    rules: object,
    *,
    held: bool,
    events: Path | None,
    as_json: bool,
) -> None:
    stopped = told_to_end()
    the_wire = Wire(settings, _complain)
    control = ControlServer(the_wire, settings.bind_host, control_port)
    file = events.open("w", buffering=1) if events is not None else None
    if file is not None:
        the_wire.add_sink(lambda record: print(json.dumps(record.to_json()), file=file))
    try:
        await the_wire.add_rules(rules)
        if held:
            the_wire.set_mode("held")
        await the_wire.start()
        await control.start()
        print(_welcome(the_wire, control, as_json), flush=True)
        await stopped.wait()
    finally:
        await control.stop()
        await the_wire.stop()
        if file is not None:
            file.close()


def _complain(record: Record) -> None:
    """Say on stderr what a person at the terminal should know."""
    if record.event == "upstream_failed":
        detail = record.detail
        print(f"upstream {detail['upstream']} at {detail['origin']}: {detail['reason']}", file=sys.stderr)


def _welcome(the_wire: Wire, control: ControlServer, as_json: bool) -> str:
    if as_json:
        return json.dumps({"control": control.url, "token": control.token, "profiles": the_wire.ports})
    lines = [f"  {profile:<10} http://{profile}.localhost:{port}" for profile, port in the_wire.ports.items()]
    behind = ", ".join(f"{upstream.name} ({upstream.origin})" for upstream in the_wire.settings.upstreams)
    return "\n".join(
        [
            f"the wire is in front of {behind}",
            *lines,
            f"  {'control':<10} {control.url}/?token={control.token}",
        ]
    )


def run(main: Coroutine[object, object, None]) -> None:
    """On uvloop where there is one, as uvicorn does."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)
