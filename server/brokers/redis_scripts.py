"""The Lua scripts, and the one way to run them: at most once, with an honest answer about failures.

A client library that retries by itself would commit twice; one that reports a lost answer as a failure
would lie. So a script is sent over one explicitly taken connection: an error before the first byte was
sent means *it did not happen*, one after that means *it may have happened*.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Protocol

from redis import exceptions

from .base import BrokerUnavailableError, IndefiniteError

_PREAMBLE = "epoch"
NAMES = ("position", "publish", "signal", "log", "read", "commit", "deliver")

# Errors that Redis gives before a script's first write. Any other is the script's own, and it keeps what
# it wrote (https://redis.io/docs/latest/develop/programmability/eval-intro/).
REFUSED = (
    exceptions.BusyLoadingError,
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
    exceptions.NoPermissionError,
    exceptions.AuthenticationError,
)
REFUSED_CODES = (
    *("LOADING", "READONLY", "OOM", "MISCONF", "NOREPLICAS", "MASTERDOWN", "NOAUTH", "NOPERM", "BUSY"),
    *("CLUSTERDOWN", "MOVED", "ASK", "TRYAGAIN", "CROSSSLOT"),
    "WRONGTYPE",  # our scripts look at every key before they write to one
)
LOST = (exceptions.ConnectionError, exceptions.TimeoutError, OSError)


class Pool(Protocol):
    """The part of redis-py's connection pools that we use."""

    async def get_connection(self) -> Any: ...

    async def release(self, connection: Any) -> None: ...

    def make_connection(self) -> Any: ...

    async def aclose(self) -> None: ...


class Script:
    """One file after the other: what several scripts begin with is a file of its own."""

    def __init__(self, *files: Traversable) -> None:
        self.name = files[-1].name
        self.source = "\n".join(file.read_text("utf-8") for file in files).encode()
        self.digest = sha1(self.source, usedforsecurity=False).hexdigest()


_LUA = files(__package__) / "lua"
SCRIPTS = {name: Script(_LUA / f"{_PREAMBLE}.lua", _LUA / f"{name}.lua") for name in NAMES}


async def run(pool: Pool, script: Script, keys: list[str], args: Sequence[str | bytes]) -> Any:
    """The script's answer, in bytes.

    BrokerUnavailableError: it certainly did not run, or refused to. IndefiniteError: it may have run.
    """
    tail = [len(keys), *keys, *args]
    try:
        connection = await pool.get_connection()
    except (exceptions.ResponseError, *REFUSED, *LOST) as error:
        raise BrokerUnavailableError(str(error)) from error
    try:
        try:
            return await _send(connection, "EVALSHA", script.digest, *tail)
        except exceptions.NoScriptError:
            return await _send(connection, "EVAL", script.source, *tail)
    except REFUSED as error:
        if isinstance(error, exceptions.ReadOnlyError):
            # It was the master, and this connection alone keeps us there: the next one asks the address anew.
            await connection.disconnect(nowait=True)
        raise BrokerUnavailableError(str(error)) from error
    except exceptions.ResponseError as error:
        if str(error).partition(" ")[0] in REFUSED_CODES:
            raise BrokerUnavailableError(str(error)) from error
        raise IndefiniteError(f"the script {script.name!r} failed on its way: {error}") from error
    except LOST as error:
        await connection.disconnect(nowait=True)
        raise IndefiniteError(str(error)) from error
    except BaseException:  # cancelled with an answer on its way: this connection is spoilt
        await connection.disconnect(nowait=True)
        raise
    finally:
        await pool.release(connection)


async def _send(connection: Any, *command: Any) -> Any:
    await connection.send_command(*command)
    return await connection.read_response()
