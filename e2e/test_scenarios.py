"""The four scenarios of SYNC-012, numbered as there, over two instances on one Redis.

Each scenario is a check with the browsers as its arguments. It has a permanent twin: the same check, run
on pages that are served a broken SDK, must raise. A check that a broken SDK passes proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from e2e.conftest import PATIENCE_MS, Profile
from e2e.demo_page import Demo, call, delete_all_orders, open_demo, serve_broken, server_titles
from syncbed.world import ReferenceProcess

Instances = tuple[str, str]
NewProfile = Callable[..., Profile]
Break = Callable[[Page], None]

TWIN_PATIENCE_MS = 3000
"""How long a twin waits in vain for what does not come."""


@pytest.fixture
def instances(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Instances:
    """Where Alice's and Bob's servers are: two instances, unless `--base-url` names the one to use."""
    named = pytestconfig.getoption("--base-url")
    if named:
        urls = (str(named).rstrip("/"), str(named).rstrip("/"))
    else:
        first, second = two = request.getfixturevalue("two_instances")
        assert all(isinstance(instance, ReferenceProcess) for instance in two)
        urls = (first.url, second.url)
    delete_all_orders(urls[0])
    return urls


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """A twin has less of it."""
    yield
    expect.set_options(timeout=PATIENCE_MS)


def healthy(page: Page) -> None:
    """The SDK as it is."""


def fails(check: Callable[[], None], where: str) -> None:
    """The check must fail, and for the reason that the twin is broken for."""
    expect.set_options(timeout=TWIN_PATIENCE_MS)
    with pytest.raises((AssertionError, TimeoutError), match=where):
        check()


# Scenario 1: single client mutation flow


def single_client_mutation_flow(alice: Demo, url: str) -> None:
    let_go = alice.hold_writes()
    alice.add("1 × espresso")

    row = alice.row("1 × espresso")
    expect(row).to_have_attribute("data-pending", "true")
    assert server_titles(url) == [], "the server knows already: nothing optimistic was seen"
    let_go()
    expect(row).to_have_attribute("data-pending", "false")
    expect(row).to_contain_text("v1")
    expect(alice.at("pending")).to_have_text("0")
    expect(alice.at("server-count")).to_have_text("1")
    expect(alice.rows).to_have_count(1)

    assert server_titles(url) == ["1 × espresso"]
    [created] = [
        event
        for event in call(url, "GET", "/api/orders/log?from=0")["events"]
        if event["entity_id"] == row.get_attribute("data-id")
    ]
    assert created["event"] == "created"


def test_scenario_1_a_mutation_shows_at_once_and_is_confirmed(
    new_profile: NewProfile, instances: Instances
) -> None:
    page = new_profile().context.new_page()
    single_client_mutation_flow(open_demo(page, instances[0]), instances[0])


def test_scenario_1_twin(new_profile: NewProfile, instances: Instances) -> None:
    """An SDK that shows nothing before the server has confirmed it."""
    page = new_profile().context.new_page()
    serve_broken(
        page,
        "collection.js",
        "replay(base.items().values(), mutations.all())",
        "replay(base.items().values(), [])",
    )
    alice = open_demo(page, instances[0])
    fails(lambda: single_client_mutation_flow(alice, instances[0]), "expected to have attribute")


# Scenario 2: multi-client sync


def multi_client_sync(alice: Demo, bob: Demo) -> None:
    alice.add("1 × espresso")
    expect(bob.row("1 × espresso")).to_have_count(1)
    bob.add("2 × flat white")
    expect(alice.row("2 × flat white")).to_have_attribute("data-pending", "false")
    expect(bob.row("2 × flat white")).to_have_attribute("data-pending", "false")
    alice.row("2 × flat white").get_by_test_id("tick").check()
    expect(bob.row("2 × flat white").get_by_test_id("tick")).to_be_checked()
    assert alice.titles() == bob.titles() == ["1 × espresso", "2 × flat white"]
    alice.row("1 × espresso").get_by_test_id("delete").click()
    expect(bob.row("1 × espresso")).to_have_count(0)


def two_clients(new_profile: NewProfile, instances: Instances, break_bob: Break) -> tuple[Demo, Demo]:
    alice = open_demo(new_profile().context.new_page(), instances[0])
    page = new_profile().context.new_page()
    break_bob(page)
    return alice, open_demo(page, instances[1])


def test_scenario_2_what_one_client_does_another_sees(new_profile: NewProfile, instances: Instances) -> None:
    multi_client_sync(*two_clients(new_profile, instances, healthy))


def test_scenario_2_twin(new_profile: NewProfile, instances: Instances) -> None:
    def deaf(page: Page) -> None:
        """Hears the events and does nothing about them."""
        serve_broken(page, "base.js", "receive: place,", "receive() {},")

    alice, bob = two_clients(new_profile, instances, deaf)
    fails(lambda: multi_client_sync(alice, bob), "to have count")


# Scenario 3: multi-tab sync, with the server held back so that only BroadcastChannel can explain it


def multi_tab_sync(first: Demo, second: Demo, url: str) -> None:
    let_go = first.hold_writes()
    first.add("1 × espresso")
    expect(second.row("1 × espresso")).to_have_attribute("data-pending", "true")
    assert server_titles(url) == [], "the server was told already: BroadcastChannel is not proven"
    let_go()
    for tab in (first, second):
        expect(tab.row("1 × espresso")).to_have_attribute("data-pending", "false")
        expect(tab.rows).to_have_count(1)
    assert server_titles(url) == ["1 × espresso"]


def two_tabs(new_profile: NewProfile, url: str, break_first: Break) -> tuple[Demo, Demo]:
    context = new_profile().context
    page = context.new_page()
    break_first(page)
    return open_demo(page, url), open_demo(context.new_page(), url)


def test_scenario_3_a_second_tab_sees_it_before_the_server_does(
    new_profile: NewProfile, instances: Instances
) -> None:
    multi_tab_sync(*two_tabs(new_profile, instances[0], healthy), instances[0])


def test_scenario_3_twin(new_profile: NewProfile, instances: Instances) -> None:
    def mute(page: Page) -> None:
        """Tells its siblings nothing."""
        page.add_init_script("BroadcastChannel.prototype.postMessage = () => {}")

    first, second = two_tabs(new_profile, instances[0], mute)
    fails(lambda: multi_tab_sync(first, second, instances[0]), "expected to have attribute")


# Scenario 4: reconnection recovery

RECORD_EVENTS = """async () => {
    const { BroadcastClient } = await import('/static/sdk/index.js');
    const client = new BroadcastClient('/ws/broadcast', { reconnectDelay: 50, tabChannel: 'recorder' });
    window.recorded = [];
    window.recorder = client;
    const live = new Promise((resolve) => client.subscribe('orders',
        ({ event, offset, payload }) => recorded.push([event, offset, payload.item?.title]),
        { onSubscribed: resolve }));
    client.connect();
    await live;
    return client.clientId;
}"""


def reconnection_recovery(alice: Demo, bob: Demo, url: str) -> None:
    """Alice's page, and a bare client beside it whose every event is recorded, lose their connections."""
    recorder = alice.page.evaluate(RECORD_EVENTS)
    before = call(url, "GET", "/api/orders")["offset"]
    faults = f"/test/clients/{recorder}/faults"
    call(url, "PUT", faults, {"offline": True})
    alice.press("offline")
    expect(alice.at("connection")).to_have_text("reconnecting")

    missed = ["1 × espresso", "2 × flat white", "3 × cortado"]
    for title in missed:
        bob.add(title)
        expect(bob.row(title)).to_have_attribute("data-pending", "false")
    assert alice.titles() == []

    call(url, "PUT", faults, {})
    alice.press("offline")
    alice.is_connected()
    expect(alice.rows).to_have_count(3)
    assert alice.titles() == missed

    bob.add("4 × lungo")
    expect(alice.row("4 × lungo")).to_have_count(1)
    alice.page.wait_for_function("recorded.length >= 4")
    assert alice.page.evaluate("recorded") == [
        ["created", before + 1 + n, title] for n, title in enumerate([*missed, "4 × lungo"])
    ], "every missed event, once, in order"


def test_scenario_4_what_was_missed_arrives_once_and_in_order(
    new_profile: NewProfile, instances: Instances
) -> None:
    alice, bob = reconnecting_clients(new_profile, instances, healthy)
    reconnection_recovery(alice, bob, instances[0])


def test_scenario_4_twin(new_profile: NewProfile, instances: Instances) -> None:
    def forgetful(page: Page) -> None:
        """Subscribes again from now on, as the original client does: what was missed is lost."""
        serve_broken(
            page,
            "dialects/broadcast.js",
            "Object.fromEntries(wanted)",
            "Object.fromEntries([...wanted].map(([channel]) => [channel, null]))",
        )

    alice, bob = reconnecting_clients(new_profile, instances, forgetful)
    alice.page.set_default_timeout(TWIN_PATIENCE_MS)
    fails(lambda: reconnection_recovery(alice, bob, instances[0]), "Timeout|every missed event")


def reconnecting_clients(
    new_profile: NewProfile, instances: Instances, break_alice: Break
) -> tuple[Demo, Demo]:
    page = new_profile().context.new_page()
    break_alice(page)
    return open_demo(page, instances[0]), open_demo(new_profile().context.new_page(), instances[1])
