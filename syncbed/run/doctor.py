"""`syncbed doctor`: what this machine, this browser and this driver can really do.

Nothing is looked up: each fault is done once (`probes.py`), and what left a receipt works.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from ..trace import Fault, Receipt, Stopped, Trace, read_trace
from ..world import RedisProcess
from .command import AsJson, console, progress_console
from .errors import RunError

EXIT_ENVIRONMENT = 2
MEMORY_SURVIVES = "the end of a tab or a connection; nothing past the server's process"


def doctor(as_json: AsJson = False) -> None:
    """Do every fault once and say which ones really happen here; versions; what a write survives."""
    try:
        from playwright.async_api import async_playwright
    except ModuleNotFoundError:
        raise RunError("playwright is not installed: pip install playwright") from None
    del async_playwright
    with progress_console.status("doing every fault once") as status:
        found = asyncio.run(_examine(lambda text: status.update(text)))
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _print(found)
    if found["problems"]:
        raise typer.Exit(EXIT_ENVIRONMENT)


async def _examine(tell: Any) -> dict[str, Any]:
    from playwright.async_api import async_playwright

    from ..drivers.chromium import Chromium
    from ..drivers.tabs import tabs_driver
    from .player import run
    from .probes import servers_probe, tabs_probe, wire_probe

    faults: list[dict[str, Any]] = []
    problems: list[str] = []
    versions: dict[str, str] = {"playwright": _version("playwright")}
    with tempfile.TemporaryDirectory(prefix="syncbed-doctor-") as folder:
        async with async_playwright() as playwright:
            chromium = Chromium(playwright)
            try:
                for probe in (tabs_probe(), wire_probe(), servers_probe()):
                    tell(f"doing each fault of {probe.name.removeprefix('probe-')}")
                    outcome = await run(probe, tabs_driver(chromium), Path(folder))
                    trace = read_trace(outcome.folder / "trace.jsonl")
                    versions |= trace.header.versions
                    faults += _faults(probe.name.removeprefix("probe-"), trace)
                    problems += [f"{probe.name}: {each.what.why}" for each in trace.all(Stopped)]
            finally:
                await chromium.close()
    problems += [f"{each['fault']} left no receipt" for each in faults if not each["works"]]
    survives = {"memory": MEMORY_SURVIVES, **await asyncio.to_thread(_redis, versions)}
    return {"versions": versions, "faults": faults, "acknowledged_survives": survives, "problems": problems}


def _faults(of: str, trace: Trace) -> list[dict[str, Any]]:
    receipts = {each.what.fault: each.what.evidence for each in trace.all(Receipt)}
    found = []
    for record in trace.all(Fault):
        what = record.what.what
        name = what["do"] if "do" in what else what["fault"]["kind"]
        evidence = receipts.get(record.what.fault, "")
        found.append({"of": of, "fault": name, "works": bool(evidence), "evidence": evidence})
    return found


def _redis(versions: dict[str, str]) -> dict[str, str]:
    """What an acknowledged write survives behind each Redis that scenarios may ask for: as Redis says."""
    import redis

    found = {}
    for name, append_only in (("redis", False), ("redis, append_only", True)):
        with RedisProcess(append_only=append_only) as process:
            client = redis.Redis.from_url(process.url)
            versions["redis"] = str(client.info("server")["redis_version"])
            appends = client.config_get("appendonly")["appendonly"] == "yes"
            fsync = client.config_get("appendfsync")["appendfsync"]
            replicas = int(client.info("replication")["connected_slaves"])
            client.close()
        past = f"and of Redis (appendfsync {fsync})" if appends else "but not of Redis"
        found[name] = f"the end of every server process, {past}; {replicas} replicas"
    return found


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _print(found: dict[str, Any]) -> None:
    console.print("  ".join(f"{name} {number}" for name, number in found["versions"].items()))
    table = Table("fault", "of", "", "evidence", box=None, pad_edge=False)
    for each in found["faults"]:
        mark = "[green]works[/]" if each["works"] else "[red]no effect[/]"
        table.add_row(each["fault"], each["of"], mark, each["evidence"])
    console.print(table)
    console.print("\nAn acknowledged write survives")
    for broker, what in found["acknowledged_survives"].items():
        console.print(f"  {broker}: {what}", markup=False)
    for problem in found["problems"]:
        console.print(f"[red]problem[/] {problem}")
