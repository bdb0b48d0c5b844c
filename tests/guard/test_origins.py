"""Which pages may talk to the server, and under which names it answers."""

from __future__ import annotations

import httpx
import pytest

from server.app import build_app
from server.guard.origins import OriginRules
from server.settings import Settings

HOST = "localhost:8000"


def rules(
    *,
    origins: tuple[str, ...] = (),
    hosts: tuple[str, ...] = (),
    test_mode: bool = False,
) -> OriginRules:
    return OriginRules(frozenset(origins), frozenset(hosts), test_mode)


@pytest.mark.parametrize("test_mode", [False, True])
@pytest.mark.parametrize(
    ("origin", "welcome"),
    [
        (None, True),  # no browser
        ("http://localhost:8000", True),  # the server's own page
        ("null", False),  # a sandboxed frame, a file, a data: URL
        ("", False),
        ("http://evil.example", False),
        ("http://evil.example:8000", False),
        ("http://localhost.evil.example", False),
        ("http://evillocalhost", False),
        ("file://", False),
        ("http://[", False),
        ("localhost:8000", False),
    ],
)
def test_a_page_is_welcome_if_it_is_the_servers_own(
    origin: str | None, welcome: bool, test_mode: bool
) -> None:
    assert rules(test_mode=test_mode).origin_is_welcome(origin, HOST) is welcome


@pytest.mark.parametrize(
    "origin",
    ["http://bob.localhost:8000", "http://localhost:9001", "http://127.0.0.1:9001", "http://[::1]:9001"],
)
def test_any_localhost_page_is_welcome_in_test_mode_and_only_there(origin: str) -> None:
    assert rules(test_mode=True).origin_is_welcome(origin, HOST)
    assert not rules().origin_is_welcome(origin, HOST)


def test_a_page_may_be_allowed_by_name() -> None:
    allowed = rules(origins=("https://app.example",))
    assert allowed.origin_is_welcome("https://app.example", HOST)
    assert not allowed.origin_is_welcome("http://app.example", HOST)


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("localhost:8000", True),
        ("LOCALHOST", True),
        ("127.0.0.1:8000", True),
        ("[::1]:8000", True),
        ("rebound.example:8000", False),
        ("localhost.example", False),
        ("", False),
        ("[", False),
        ("bob.localhost:8000", False),
    ],
)
def test_only_loopback_names_are_ours(host: str, ours: bool) -> None:
    assert rules().host_is_ours(host) is ours


def test_more_names_are_ours_in_test_mode_by_setting_and_on_a_public_address() -> None:
    assert rules(test_mode=True).host_is_ours("bob.localhost:8000")
    assert not rules(test_mode=True).host_is_ours("evillocalhost")
    assert rules(hosts=("app.example",)).host_is_ours("app.example:443")
    assert not rules().host_is_ours("whatever.example")
    assert rules().host_is_ours("192.0.2.7:8000")
    assert rules().host_is_ours("[2001:db8::1]:8000")


@pytest.mark.parametrize("host", ["", "[evil", ":80"])
def test_a_host_without_a_name_is_never_ours(host: str) -> None:
    assert not rules(hosts=("",), test_mode=True).host_is_ours(host)


@pytest.mark.parametrize("consul_address", [None, "app.example"])
async def test_a_server_refuses_a_host_without_a_name(consul_address: str | None) -> None:
    app = build_app(Settings(redis_url=None, consul_address=consul_address))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as caller,
    ):
        for host, status in (("[evil", 403), ("", 403), ("evil.example", 403), ("localhost", 200)):
            assert (await caller.get("/health", headers={"Host": host})).status_code == status
        named = await caller.get("/health", headers={"Host": "App.example:80"})
        assert named.status_code == (403 if consul_address is None else 200)
