"""The command `syncbed mcp`. `cli` mounts it."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from pathlib import Path
from typing import Annotated

import typer

from ..run.command import RUNS
from ..run.errors import RunError


def mcp(
    url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The running server that the gateway's tools talk to. Not given: one of our own.",
            show_default=False,
        ),
    ] = None,
    runs: Annotated[Path, typer.Option(metavar="FOLDER", help="Where runs leave their folders.")] = RUNS,
    headed: Annotated[bool, typer.Option("--headed", help="Show the browser.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the tools as one JSON document, and end.")
    ] = False,
) -> None:
    """Offer scenarios and the gateway as MCP tools, on standard input and output."""
    for module in ("mcp", "httpx"):
        if importlib.util.find_spec(module) is None:
            raise RunError(f"{module} is not installed: pip install 'syncbed[mcp]'")
    from .server import describe, serve

    if as_json:
        print(json.dumps(asyncio.run(describe(url, runs)), indent=2))
        return
    raise typer.Exit(asyncio.run(serve(url, runs.resolve(), headed=headed)))
