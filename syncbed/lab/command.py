"""`syncbed lab` and `syncbed demo`: words, ports and signals around a lab. `cli` mounts them."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import webbrowser
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Any

import typer
from rich.console import Console

from ..run.session import FRESH, Options
from ..run.under_test import options_for
from ..scenario import Scenario, load
from ..signals import told_to_end
from ..wire.command import profiles_from
from ..wire.settings import Upstream
from ..world.reference import reference_root
from .errors import LabError
from .lab import Lab
from .server import BIND_HOST, Doors, LabServer, build_app
from .worlds import DEMO_PAGE, OURS, Setup, Worlds

DEMO_PORT = 8000
LAB_PORT = 8010
PORTS_TRIED_MAX = 100
DEMO_PROFILES = ("alice", "bob")
console = Console(highlight=False, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="Say where it listens in one line of JSON.")]


def lab(
    scenario: Annotated[
        str | None,
        typer.Argument(
            help="A name of the gallery, a file, or a link. It is loaded; play begins it.", show_default=False
        ),
    ] = None,
    upstream: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=URL of your own server behind the wire, in place of the reference server. Repeatable.",
            show_default=False,
        ),
    ] = None,
    adapter: Annotated[
        str | None,
        typer.Option(
            help="The path of the page in the tabs. Without an adapter in it (window.bed) there are no "
            "views; frames, faults, holding and the diagram work all the same.",
            show_default=False,
        ),
    ] = None,
    profile: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME or NAME=PORT of a browser. Repeatable. Not given: alice and bob.", show_default=False
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help=f"The lab's own port; 0: any free one. Not given: {LAB_PORT}, or the next that is free.",
            show_default=False,
        ),
    ] = None,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Open the lab in a browser.")] = True,
    as_json: AsJson = False,
) -> None:
    """Open the visual lab: stop the network, break it, and see what happened."""
    first = load(scenario) if scenario is not None else None
    options = _under_test(adapter, upstream or [])
    if first is not None and options.upstreams and first.bug is not None:
        raise LabError("refused", f"{first.name} plants a bug into the reference SDK: not with --upstream")
    profiles = profiles_from(profile, 0) if profile else dict.fromkeys(DEMO_PROFILES, 0)
    server = listening(port)
    setup = Setup(
        profiles=profiles, lab_port=server.port, options=options, words=_words(adapter, upstream or [])
    )
    upstreams = options.upstreams

    def ready(ports: Mapping[str, int]) -> None:
        if as_json:
            _print_json({"lab": server.url, "profiles": _origins(ports), "upstreams": _behind(upstreams)})
        else:
            console.print(_lab_welcome(server.url, upstreams))
        if open_ and not as_json:
            with suppress(webbrowser.Error):
                webbrowser.open(server.url)

    run(_serve(server, setup, first, ready))


def demo(
    port: Annotated[
        int | None,
        typer.Option(
            envvar="PORT",
            min=0,
            max=65535,
            help=f"Alice's port; Bob has the next. Not given: {DEMO_PORT}, or the next that are free.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve the demo page through the wire, with the lab beside it: memory broker, test mode, loopback only.

    Alice and Bob are two browsers, each with an address of its own; the page's *why?* opens the lab.
    """
    alice = _free_port(port)
    server = LabServer(0)
    server.listen()
    ports = {"alice": alice, "bob": alice + 1 if alice and alice < 65_535 else 0}
    origins = {"alice": "", "bob": ""}
    offer: dict[str, Any] = {"lab": server.url, "profiles": origins}
    setup = Setup(profiles=ports, lab_port=server.port, windows=True, offer=offer)

    def ready(found: Mapping[str, int]) -> None:
        origins.update(_origins(found))
        if as_json:
            _print_json(
                {"url": f"http://localhost:{found['alice']}", "lab": server.url, "profiles": _origins(found)}
            )
        else:
            console.print(_demo_welcome(server.url, found))

    run(_serve(server, setup, None, ready))


def _under_test(adapter: str | None, upstreams: list[str]) -> Options:
    """As `syncbed run` has it, save that nobody here needs an adapter: then there are no views."""
    if adapter is None and upstreams:
        theirs = options_for(DEMO_PAGE, upstreams)
        return replace(theirs, adapter=DEMO_PAGE, log=False)
    if adapter is None:
        return OURS
    return options_for(adapter, upstreams)


def _words(adapter: str | None, upstreams: list[str]) -> tuple[str, ...]:
    """What `syncbed run` has to be told to play against the same."""
    words = [word for each in upstreams for word in ("--upstream", each)]
    return (*words, *(("--adapter", adapter) if adapter is not None else ()))


async def _serve(
    server: LabServer, setup: Setup, first: Scenario | None, ready: Callable[[Mapping[str, int]], None]
) -> None:
    """Until a signal ends it. Servers, wire, tabs and streams are gone then."""
    stopped = told_to_end()
    worlds = Worlds(setup)
    the_lab = Lab(worlds, first=first)
    doors = Doors(server.token, lambda: set(worlds.ports.values()))
    app = build_app(reference_root() / "static", doors, the_lab.live.talk, the_lab.link)
    try:
        await server.start(app)
        await the_lab.start()
        ready(worlds.ports)
        await stopped.wait()
    finally:
        await the_lab.close()
        await server.stop()


def run(main: Any) -> None:
    asyncio.run(main)


def listening(asked: int | None, usual: int = LAB_PORT) -> LabServer:
    """On the port that was asked for, or where links of other days lead to, or next to it."""
    ports = [asked] if asked is not None else [*range(usual, usual + PORTS_TRIED_MAX), 0]
    for port in ports:
        server = LabServer(port)
        try:
            server.listen()
        except LabError:
            if port == ports[-1]:
                raise
        else:
            if asked is None and port != usual:
                print(f"port {usual} is in use: the lab's is {server.port}", file=sys.stderr)
            return server
    raise AssertionError("there is always a last port")


def _free_port(asked: int | None) -> int:
    """The port to listen on: the one that was asked for, or the first of two in a row that nobody has."""
    if asked is not None:
        if not _is_free(asked):
            raise LabError("port", f"port {asked} is in use: choose another with --port")
        return asked
    for port in range(DEMO_PORT, DEMO_PORT + PORTS_TRIED_MAX):
        if _is_free(port) and _is_free(port + 1):
            if port != DEMO_PORT:
                print(f"port {DEMO_PORT} is in use, or the next: this is {port}", file=sys.stderr)
            return port
    return 0


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((BIND_HOST, port))
        except OSError:
            return False
        return True


def _origins(ports: Mapping[str, int]) -> dict[str, str]:
    named = {name: port for name, port in ports.items() if name != FRESH}
    return {name: f"http://{name}.lab.localhost:{port}" for name, port in named.items()}


def _behind(upstreams: tuple[Upstream, ...]) -> dict[str, str]:
    return {upstream.name: upstream.origin for upstream in upstreams}


def _print_json(found: Mapping[str, Any]) -> None:
    print(json.dumps(found), flush=True)


def _lab_welcome(url: str, upstreams: tuple[Upstream, ...]) -> str:
    behind = "".join(f"  In front of {each.name}, {each.origin}\n" for each in upstreams)
    return (
        f"\n  syncbed lab   [bold]{url}[/bold]\n\n{behind}  Nothing is kept when it ends. Ctrl-C ends it.\n"
    )


def _demo_welcome(url: str, ports: Mapping[str, int]) -> str:
    bob = _origins(ports)["bob"]
    return (
        f"\n  syncbed demo   [bold]http://localhost:{ports['alice']}[/bold]\n\n"
        "  Open it in two tabs: they are one browser, and share what a browser shares.\n"
        f"  A second browser is Bob, at {bob}\n"
        f"  What happens between them shows the lab, at {url}\n\n"
        "  Nothing is kept when it ends. Ctrl-C ends it.\n"
    )
