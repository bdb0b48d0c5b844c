"""What a step's keys come to: the names of its ops, the rule of its fault, what it needs of a driver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..wire.faults import FAULTS
from .steps import OPS
from .table import DRIVER_NEEDS


def op_name(keys: Mapping[str, Any], number: int) -> str:
    """The id of the op that step `number` makes; also its token."""
    return str(keys.get("id") or f"o{number}")


def op_names(do: str, keys: Mapping[str, Any], number: int) -> list[str]:
    """The ids of all ops that a step makes: several with `times`, none if it is no op."""
    if do not in OPS:
        return []
    name, times = op_name(keys, number), keys.get("times", 1)
    return [name] if times == 1 else [f"{name}-{count}" for count in range(1, times + 1)]


def fault_rule(keys: Mapping[str, Any]) -> dict[str, Any]:
    """The rule of the wire that a `fault` step means."""
    profile, _, tab = keys["on"].partition("/")
    match: dict[str, Any] = {"profile": profile, **({"tab": tab} if tab else {})}
    rule: dict[str, Any] = {"id": keys["id"], "match": match, "fault": keys["fault"]}
    kind = FAULTS[keys["fault"]["kind"]]
    if kind.strikes and not kind.strikes_always:
        rule["now"] = True
        if keys["layer"] != "any":
            match["kind"] = keys["layer"]
    return rule


def driver_needs(do: str, keys: Mapping[str, Any]) -> Iterator[str]:
    """The names under which a step's fault or life-cycle step stands in `needs`."""
    if do == "add_rule":
        yield keys["rule"]["fault"]["kind"]
    elif do == "fault":
        yield keys["fault"]["kind"]
    elif do in DRIVER_NEEDS:
        yield DRIVER_NEEDS[do]
