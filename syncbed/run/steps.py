"""What each step does: one function for each name of the scenario format, in one table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ..drivers.faults import STEPS as TAB_FAULTS
from ..evidence import BED, DRIVER
from ..held.schedule import ABOUT_MESSAGES
from ..scenario import Step
from ..trace import Fault, Heal, Invoke, Lifted, Receipt, mark
from .errors import StoppedError
from .expectations import CONDITIONS
from .held import HeldRun
from .session import Session
from .settle import settle

Play = Callable[[Session, Step], Awaitable[None]]
SHOW_MS_MAX = 5000

# Ops in a tab


async def write(session: Session, step: Step) -> None:
    """A put or a remove, `times` in a row."""
    tab = session.driver.tab(step["tab"])
    times = step.keys.get("times", 1)
    ops: list[dict[str, Any]] = []
    for count, op in enumerate(step.ops, 1):
        key = step["key"] if times == 1 else f"{step['key']}-{count}"
        value = {"title": mark(step["title"], op), "done": step["done"]} if step.do == "put" else None
        ops.append({"id": op, "kind": step.do, "key": key, "value": value})
        token = op if step.do == "put" else ""
        collection = session.scenario.collection
        session.recorder.write(
            DRIVER,
            Invoke(op, tab.name, step.do, key, value, token, collection),  # type: ignore[arg-type]
        )
    await tab.act(ops)
    if step["until"] == "server":
        await _ended(session, step, step.ops)
        return
    seen, ends, last = session.watch.tabs[tab.name], session.watch.ends, ops[-1]

    def done() -> bool:
        shown = seen.shown(last["id"]) > 0 if step.do == "put" else not seen.shows_item(last["key"])
        return shown or last["id"] in ends

    if not await session.recorder.until(done, SHOW_MS_MAX):
        raise StoppedError(f"{tab.name} did not show {last['id']} within {SHOW_MS_MAX} ms of being asked")


async def ask(session: Session, step: Step) -> None:
    """A read, publish, call, subscribe or unsubscribe: done when the adapter says so."""
    tab, channel = session.driver.tab(step["tab"]), step.keys.get("channel", step.keys.get("topic", ""))
    value = step.keys.get("payload")
    if step.do == "publish":
        value = {"title": mark(step["title"], step.op)}
    token = step.op if step.do == "publish" else ""
    session.recorder.write(
        DRIVER,
        Invoke(step.op, tab.name, step.do, channel, value, token),  # type: ignore[arg-type]
    )
    await tab.act([{"id": step.op, "kind": step.do, "key": channel, "value": value}])
    await _ended(session, step, [step.op])


async def connect_or_disconnect(session: Session, step: Step) -> None:
    tab = session.driver.tab(step["tab"])
    session.recorder.write(DRIVER, Invoke(step.op, tab.name, step.do))  # type: ignore[arg-type]
    await tab.call(step.op, step.do)
    await _ended(session, step, [step.op])


async def _ended(session: Session, step: Step, ops: list[str]) -> None:
    within_ms = step.keys.get("within_ms", SHOW_MS_MAX)
    ends = session.watch.ends
    if not await session.recorder.until(lambda: all(op in ends for op in ops), within_ms):
        missing = next(op for op in ops if op not in ends)
        raise StoppedError(f"{step['tab']} had no answer to {missing} within {within_ms} ms")


# The wire


async def add_rule(session: Session, step: Step) -> None:
    await session.wire.add_rules(step.rule)


async def remove_rule(session: Session, step: Step) -> None:
    await session.wire.remove_rule(step["id"])


async def heal(session: Session, step: Step | None = None) -> None:
    """Every rule and fault goes, what was stopped runs again, frozen and hidden tabs come back."""
    if session.held is not None:
        await session.held.go()
    await session.wire.heal()
    await session.servers.start_what_is_down()
    for tab in list(session.driver.tabs.values()):
        match session.recorder.watch.life.get(tab.name):
            case "frozen":
                await _thaw(session, tab.name)
            case "hidden":
                await _show(session, tab.name)
    session.recorder.write(BED, Heal())


# Tabs


async def open_tab(session: Session, step: Step) -> None:
    tab = await session.driver.load(step["tab"])
    await tab.start("opened")


async def break_tab(session: Session, step: Step) -> None:
    await session.driver.strike(step.do, fault_of(step), step.keys)


async def thaw(session: Session, step: Step) -> None:
    await _thaw(session, step["tab"])


async def show(session: Session, step: Step) -> None:
    await _show(session, step["tab"])


async def _thaw(session: Session, name: str) -> None:
    tab = session.driver.tab(name)
    await session.driver.thaw(tab)
    session.driver.answers(tab)
    session.driver.life(tab, "thawed")


async def _show(session: Session, name: str) -> None:
    tab = session.driver.tab(name)
    await session.driver.show(tab)
    session.driver.life(tab, "shown")


# Servers and Redis


async def kill_server(session: Session, step: Step) -> None:
    await _end_server(session, step, session.servers.kill, "was killed (SIGKILL)")


async def stop_server(session: Session, step: Step) -> None:
    await _end_server(session, step, session.servers.stop, "ended after SIGTERM")


async def start_server(session: Session, step: Step) -> None:
    await session.servers.start_again(step["instance"])


async def _end_server(session: Session, step: Step, end: Callable[[str], Awaitable[None]], how: str) -> None:
    instance, fault = step["instance"], fault_of(step)
    await session.read_log()  # what it has committed so far, before it forgets
    pid = session.servers.pid(instance)
    session.recorder.write(DRIVER, Fault(fault, step.to_json()))
    await end(instance)
    if instance not in session.servers.running():
        session.recorder.write(DRIVER, Receipt(fault, f"instance {instance}, process {pid}, {how}"))


async def stop_redis(session: Session, step: Step) -> None:
    fault = fault_of(step)
    await session.read_log()
    pid = session.servers.pid("redis")
    session.recorder.write(DRIVER, Fault(fault, step.to_json()))
    await session.servers.stop_redis()
    session.recorder.write(DRIVER, Receipt(fault, f"redis, process {pid}, ended"))


async def start_redis(session: Session, step: Step) -> None:
    await session.servers.start_redis()


async def restart_redis(session: Session, step: Step) -> None:
    fault = fault_of(step)
    await session.read_log()
    before = session.servers.pid("redis")
    session.recorder.write(DRIVER, Fault(fault, step.to_json()))
    await session.servers.restart_redis(keep_data=step["data"] == "kept")
    after = session.servers.pid("redis")
    if after != before:
        evidence = f"redis is process {after} where it was {before}, its data {step['data']}"
        session.recorder.write(DRIVER, Receipt(fault, evidence))
    session.recorder.write(DRIVER, Lifted(fault))


# Held mode


def held(session: Session) -> HeldRun:
    assert session.held is not None  # the format has such steps only in a scenario that needs `hold`
    return session.held


async def decide(session: Session, step: Step) -> None:
    await held(session).decide(step.number, step.do, step["message"], step["within_ms"])


# Timing


async def wait(session: Session, step: Step) -> None:
    keys: Mapping[str, Any] = step["for"]
    question, watch = CONDITIONS[keys["is"]], session.watch
    if not await session.recorder.until(lambda: question.met(watch, keys), step["within_ms"]):
        raise StoppedError(
            f"waited {step['within_ms']} ms until {question.expected(keys)}: {question.found(watch, keys)}"
        )


async def go_on(session: Session, step: Step) -> None:
    """A pause is for the lab."""


async def settle_now(session: Session, step: Step) -> None:
    await settle(session, step["within_ms"])


def fault_of(step: Step) -> str:
    """The id of a fault that the scenario gave none."""
    return f"{step.do.replace('_', '-')}-{step.number}"


# `expect` is played by player.py, which knows when the step before it ended.
STEPS: dict[str, Play] = {
    "put": write,
    "remove": write,
    **dict.fromkeys(("read", "publish", "call", "subscribe", "unsubscribe"), ask),
    "connect": connect_or_disconnect,
    "disconnect": connect_or_disconnect,
    "add_rule": add_rule,
    "remove_rule": remove_rule,
    "fault": add_rule,
    "heal": heal,
    "open": open_tab,
    **dict.fromkeys(TAB_FAULTS, break_tab),
    "thaw": thaw,
    "show": show,
    "kill_server": kill_server,
    "stop_server": stop_server,
    "start_server": start_server,
    "stop_redis": stop_redis,
    "start_redis": start_redis,
    "restart_redis": restart_redis,
    "hold": lambda session, step: held(session).hold(),
    "go": lambda session, step: held(session).go(),
    **dict.fromkeys(ABOUT_MESSAGES, decide),
    "deliver_by_seed": lambda session, step: held(session).deliver_by_seed(step["choices_max"]),
    "advance": lambda session, step: held(session).advance(step["by_ms"]),
    "fire": lambda session, step: held(session).fire(step.number, step["tab"], step["timer"]),
    "wait": wait,
    "pause": go_on,
    "settle": settle_now,
}
