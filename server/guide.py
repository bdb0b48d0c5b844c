"""Seed 004's own names for our settings: its YAML keys, its environment variables, its defaults, its units.

`OPTIONS` is the guide's table. What an option comes to is in `settings_of`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

ENV_PREFIX = "WEBSOCKET_"

_UNITS_S = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


def boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in (*_TRUE, *_FALSE):
        return value.lower() in _TRUE
    raise ValueError("must be true or false")


def whole_number(value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"[+-]?\d+", str(value)):
        raise ValueError("must be a whole number")
    return int(value)


def bytes_count(value: Any) -> int:
    count = whole_number(value)
    if count < 1:
        raise ValueError("must be 1 or more")
    return count


def limit(value: Any) -> int:
    count = whole_number(value)
    if count < 0:
        raise ValueError("must be 0 (no limit) or more")
    return count


def text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text")
    return value


def port(value: Any) -> int:
    number = whole_number(value)
    if not 0 <= number <= 65_535:
        raise ValueError("must be from 0 to 65535")
    return number


def seconds(value: Any) -> float:
    """A duration as Go writes it: "54s", "1m30s", "500ms"."""
    parts = _DURATION.findall(value) if isinstance(value, str) else []
    if not parts or "".join(number + unit for number, unit in parts) != value:
        raise ValueError('must be a duration like "54s", "1m30s" or "500ms"')
    total = sum(float(number) * _UNITS_S[unit] for number, unit in parts)
    if total <= 0:
        raise ValueError("must be longer than nothing")
    return total


@dataclass(frozen=True, slots=True)
class Option:
    parse: Callable[[Any], Any]
    default: Any
    """As the guide writes it. It holds only under `--config`."""
    comes_to: str
    """Our settings, or why there is none."""
    about: str = ""
    """For docs/configuration.md, where the setting's name does not say it all."""


OPTIONS: dict[str, Option] = {
    "enabled": Option(boolean, False, "ws_enabled", "without it there are no WebSocket paths"),
    "host": Option(text, None, "host", "the guide's `0.0.0.0` must be asked for"),
    "port": Option(port, 8081, "port"),
    "timeout": Option(seconds, "30s", "http_idle_s_max", "in whole seconds"),
    "read_buffer_size": Option(bytes_count, 1024, "without effect: the event loop reads what there is"),
    "write_buffer_size": Option(bytes_count, 1024, "without effect: see outbox_bytes_max"),
    "max_message_size": Option(bytes_count, 512_000, "frame_bytes_max", "a larger frame closes with 1009"),
    "ping_interval": Option(seconds, "54s", "ping_interval_s"),
    "pong_wait": Option(
        seconds, "60s", "ping_timeout_s", "`ping_interval` is taken off: the guide counts from the last pong"
    ),
    "write_wait": Option(seconds, "10s", "write_s_max"),
    "limits.max_connections": Option(limit, 0, "connections_max", "0: no limit"),
    "limits.max_connections_per_room": Option(limit, 0, "members_per_channel_max", "0: no limit"),
}


def variable(option: str) -> str:
    return ENV_PREFIX + option.replace(".", "_").upper()


VARIABLES = {variable(name): name for name in OPTIONS}


def settings_of(given: Mapping[str, Any]) -> dict[str, tuple[Any, str]]:
    """Settings by name, each with the option it came from; `given` is parsed already."""
    found: dict[str, tuple[Any, str]] = {}
    for name, value in given.items():
        comes_to = OPTIONS[name].comes_to
        if name in ("ping_interval", "pong_wait") or comes_to.startswith("without effect"):
            continue
        found[comes_to] = (max(1, round(value)) if name == "timeout" else value, name)
    if "ping_interval" in given or "pong_wait" in given:
        # The guide counts a peer's silence from its last pong, we count it from our ping.
        interval_s = given.get("ping_interval", 54.0)
        found["ping_interval_s"] = (interval_s, "ping_interval")
        found["ping_timeout_s"] = (given.get("pong_wait", 60.0) - interval_s, "pong_wait")
    return found
