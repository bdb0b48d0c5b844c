"""What a person does to panes and windows, which nobody asked for; and what tabs tell each other."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from playwright.async_api import Frame

from e2e.driver.conftest import LEAST, Stage
from e2e.driver.lab_page import Frames, LabPage
from syncbed.drivers.pane import Pane
from syncbed.run.player import play_step
from syncbed.run.session import Options, Session
from syncbed.scenario import Step, parse_scenario
from syncbed.trace import Frame as FrameRecord
from syncbed.trace import Invoke, Note, TabLife, TabMessage
from syncbed.wire import Substitute

T = TypeVar("T")

PUT: dict[str, Any] = {"do": "put", "tab": "alice/1", "key": "latte", "title": "latte", "until": "server"}


class Kept:
    """A run that is kept open, so that a test can be its user."""

    def __init__(self, stage: Stage, lab: LabPage, tabs: int = 1, **options: Any) -> None:
        self.stage, self.lab = stage, lab
        raw = {**LEAST, "profiles": {"alice": {"tabs": tabs}}, "steps": [PUT]}
        scenario = parse_scenario(raw)

        async def begun() -> Session:
            session = Session(scenario, lab.maker(), None, options=Options(holdable=True, **options))
            return await session.__aenter__()

        self.session = stage.wait(begun())

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stage.wait(self.session.__aexit__(None, None, None))

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.stage.wait(coroutine)

    def until(self, found: Callable[[], Any]) -> Any:
        result = self.wait(self.session.recorder.until(found, 10_000))
        assert result, self.told()
        return result

    def lives(self, tab: str) -> list[str]:
        trace = self.session.recorder.trace()
        return [life.what.did for life in trace.all(TabLife) if life.what.tab == tab]

    def pane(self, tab: str) -> Pane:
        pane = self.session.driver.tab(tab)
        assert isinstance(pane, Pane)
        return pane

    def notes(self, beginning: str) -> bool:
        return any(note.what.text.startswith(beginning) for note in self.session.recorder.trace().all(Note))

    def told(self) -> list[str]:
        return [f"{record.source} {record.what}" for record in self.session.recorder.trace().records[-20:]]

    def frame(self, tab: str) -> Frame:
        frame = self.lab.page.frame(tab)
        assert frame is not None
        return frame


@pytest.fixture
def kept(stage: Stage, lab: LabPage) -> Iterator[Kept]:
    with Kept(stage, lab, tabs=2) as kept:
        yield kept


def shows(kept: Kept, tab: str, op: str) -> Callable[[], bool]:
    return lambda: kept.session.watch.tabs[tab].shown(op) > 0


def test_a_pane_that_its_user_reloads_is_the_same_tab_with_another_document(kept: Kept) -> None:
    kept.wait(kept.frame("alice/1").evaluate("() => { location.reload(); }"))
    kept.until(lambda: kept.lives("alice/1") == ["opened", "reloaded"])
    kept.wait(play_step(kept.session, kept.session.scenario.steps[0]))
    kept.until(shows(kept, "alice/1", "o0"))
    assert list(kept.session.recorder.trace().documents) == [
        "tab alice/1",
        "tab alice/2",
        "tab alice/1#2",
    ]
    assert kept.session.recorder.trace().gaps() == []


def test_a_window_that_a_user_opens_becomes_a_tab_with_a_number_of_its_own(kept: Kept) -> None:
    window = kept.wait(kept.lab.context.new_page())
    kept.wait(window.goto(kept.session.place("alice").url))
    kept.until(lambda: kept.lives("alice/3") == ["opened"])
    assert kept.pane("alice/3").kind == "window"
    kept.wait(play_step(kept.session, kept.session.scenario.steps[0]))
    kept.until(shows(kept, "alice/3", "o0"))
    requests = {
        frame.what.tab
        for frame in kept.session.recorder.trace().all(FrameRecord)
        if frame.what.path == "/api/orders"
    }
    assert "alice/3" in requests
    kept.wait(window.close())
    kept.until(lambda: kept.lives("alice/3") == ["opened", "closed"])


def test_a_duplicate_of_a_window_gets_another_number(kept: Kept) -> None:
    """A browser copies the window's name with it; here the address is opened once more."""
    window = kept.wait(kept.lab.context.new_page())
    kept.wait(window.goto(kept.pane("alice/1").address))
    kept.until(lambda: kept.lives("alice/3") == ["opened"])
    assert kept.lives("alice/1") == ["opened"]
    assert kept.wait(window.evaluate("() => window.name")) == "alice/3"
    kept.wait(window.close())


def test_a_link_that_is_lost_and_comes_back_is_no_reload_and_loses_no_report(kept: Kept) -> None:
    """As after a machine slept, or a browser put a window to sleep."""
    kept.wait(kept.lab.drop_links())
    kept.until(lambda: kept.pane("alice/1").link is None)
    kept.wait(play_step(kept.session, kept.session.scenario.steps[0]))
    kept.until(shows(kept, "alice/1", "o0"))
    assert kept.lives("alice/1") == ["opened"]
    assert kept.session.recorder.trace().gaps() == []


def test_a_pane_that_is_taken_away_is_closed_and_may_come_again(kept: Kept) -> None:
    kept.wait(Frames(kept.lab.page).close("alice/2"))
    kept.until(lambda: kept.lives("alice/2") == ["opened", "closed"])
    opened = Step(1, "open", {"tab": "alice/2"})
    kept.wait(play_step(kept.session, opened))
    assert kept.lives("alice/2") == ["opened", "closed", "opened"]


def test_a_held_world_holds_a_pane_that_is_reloaded_unasked(kept: Kept) -> None:
    assert kept.session.held is not None
    kept.wait(kept.session.held.hold())
    kept.wait(kept.frame("alice/1").evaluate("() => { location.reload(); }"))
    kept.until(lambda: kept.lives("alice/1") == ["opened", "reloaded"])
    kept.wait(kept.session.held.quiet())
    names = [waiting.message.name for waiting in kept.session.held.world.messages()]
    assert any(name.startswith("alice/1 ") for name in names), names
    assert any(timer.owner == "alice/1" for timer in kept.session.held.world.timers())
    kept.wait(kept.session.held.go())
    kept.until(lambda: kept.session.watch.tabs["alice/1"].state == "connected")


ACTING = b"""<!doctype html><meta charset="utf-8"><script>
let tell, items = [];
window.bed = {
  caps: [],
  on: (listener) => { tell = listener; },
  open: () => {},
  view: () => items,
  pending: () => [],
  status: () => ({ state: 'connected' }),
};
window.press = () => {
  tell('acted', { id: 'mine-1', kind: 'put', key: 'mocha', value: { title: 'mocha #mine-1' } });
  tell('acted', { id: 'mine-2', kind: 'dance' });
  tell('ok', { op: 'mine-1', result: { version: 1 } });
  tell('view', 'no details');
  tell('event', { channel: 7 });
};
</script>"""


def test_what_a_pages_own_user_does_is_an_op_and_nonsense_is_a_note(stage: Stage, lab: LabPage) -> None:
    adapter = Substitute("/__syncbed/adapter.html", "text/html; charset=utf-8", ACTING)
    with Kept(stage, lab, adapter=adapter.path, substitutes=(adapter,)) as kept:
        kept.wait(kept.frame("alice/1").evaluate("() => press()"))
        kept.until(lambda: kept.notes("alice/1 reported what cannot be read: channel is no text"))
        assert kept.notes("alice/1 reported what cannot be read: 'dance' is no act")
        trace = kept.session.recorder.trace()
        [invoke] = trace.all(Invoke)
        value = {"title": "mocha #mine-1"}
        assert invoke.what == Invoke("mine-1", "alice/1", "put", "mocha", value, "mine-1", "orders")
        assert trace.ops["mine-1"].status == "ok"
        assert trace.gaps() == []


def test_messages_between_tabs_are_told_on_both_sides(stage: Stage) -> None:
    trace = stage.play({"profiles": {"alice": {"tabs": 3}}, "steps": [PUT]}).trace
    sent = {record.what.message: record.what for record in trace.all(TabMessage) if record.what.did == "sent"}
    heard = [record.what for record in trace.all(TabMessage) if record.what.did == "received"]
    news = next(message for message in sent.values() if "latte" in message.payload)
    assert {message.tab for message in heard if message.message == news.message} == {"alice/2", "alice/3"}
    assert all(message.payload == sent[message.message].payload for message in heard)
    assert all(message.tab != sent[message.message].tab for message in heard)
