"""How a command that runs hears that it is to end: Ctrl-C, or SIGTERM from whoever started it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import typer


def told_to_end() -> asyncio.Event:
    """Set by either signal, from now on."""
    told = asyncio.Event()
    hear(signal.SIGINT, told.set)
    hear(signal.SIGTERM, told.set)
    return told


async def ended_by_term(running: Coroutine[Any, Any, None]) -> None:
    """SIGTERM ends it as Ctrl-C does: servers, browsers and their folders go. Raises `typer.Exit` (143)."""
    task = asyncio.ensure_future(running)
    asked: list[int] = []

    def end() -> None:
        asked.append(signal.SIGTERM)
        task.cancel()

    hear(signal.SIGTERM, end)
    try:
        await task
    except asyncio.CancelledError:
        if not asked:
            raise
        raise typer.Exit(128 + signal.SIGTERM) from None
    finally:
        with suppress(NotImplementedError):
            asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)


def hear(number: signal.Signals, does: Callable[[], object]) -> None:
    """Do this at the signal, in the running loop."""
    with suppress(NotImplementedError):  # Windows has no such handlers
        asyncio.get_running_loop().add_signal_handler(number, does)
