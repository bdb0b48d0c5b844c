"""Who may come in: the token, the Host and the Origin; and what a page is sent with."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from integration.lab.client import HERE, Document, LabProcess, Page


async def status_of(url: str, **options: Any) -> int:
    """Of a handshake that is refused; 101 for one that is not."""
    try:
        async with connect(url, **options):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_the_stream_asks_for_the_token_of_this_start(lab: LabProcess) -> None:
    assert await status_of(lab.live("")) == 403
    assert await status_of(lab.live("wrong")) == 403
    assert await status_of(lab.live()) == 101


@pytest.mark.parametrize(
    "origin", ["http://evil.test", "null", "http://alice.lab.localhost:1", "https://127.0.0.1"]
)
async def test_the_stream_refuses_other_origins(lab: LabProcess, origin: str) -> None:
    assert await status_of(lab.live(), origin=origin) == 403


async def test_the_stream_lets_its_own_origin_in(lab: LabProcess) -> None:
    assert await status_of(lab.live(), origin=f"http://{HERE}:{lab.port}") == 101


async def test_the_demos_own_origin_has_no_business_with_the_stream(lab: LabProcess) -> None:
    """Its page knows the token, for it may open the lab; it may not speak for it."""
    assert await status_of(lab.live(), origin=lab.origin_of("alice")) == 403


@pytest.mark.parametrize("path", ["/", "/static/lab/token.js", "/static/sdk/index.js"])
async def test_a_host_that_was_rebound_is_refused(lab: LabProcess, path: str) -> None:
    async with httpx.AsyncClient(base_url=f"http://{HERE}:{lab.port}") as http:
        assert (await http.get(path, headers={"Host": f"evil.test:{lab.port}"})).status_code == 421
        assert (await http.get(path, headers={"Host": f"lab.localhost:{lab.port}"})).status_code == 200


async def test_the_page_may_load_nothing_from_elsewhere(lab: LabProcess) -> None:
    async with httpx.AsyncClient(base_url=f"http://{HERE}:{lab.port}") as http:
        headers = (await http.get("/")).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["origin-agent-cluster"] == "?1"
    assert headers["referrer-policy"] == "no-referrer"


async def test_nothing_lies_above_the_modules(lab: LabProcess) -> None:
    async with httpx.AsyncClient(base_url=f"http://{HERE}:{lab.port}") as http:
        for path in (
            "/static/../server/app.py",
            "/static/%2e%2e/server/app.py",
            "/static/..%2fserver/app.py",
        ):
            assert (await http.get(path)).status_code == 404


async def test_a_link_asks_for_its_tabs_own_token(lab: LabProcess, lab_page: Page) -> None:
    url = f"ws://{HERE}:{lab.port}/link?tab=alice/1&token="
    for token in ("", "0" * 64, lab.token):
        async with connect(url + token, origin=lab.origin_of("alice")) as socket:  # type: ignore[arg-type]
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code >= 4400


async def test_a_link_comes_from_a_profile(lab: LabProcess, lab_page: Page) -> None:
    url = f"ws://{HERE}:{lab.port}/link?tab=alice/1&token=x"
    for origin in (
        "http://evil.test",
        f"http://evil.test:{lab.port_of('alice')}",
        "null",
        f"http://{HERE}:1",
    ):
        assert await status_of(url, origin=origin) == 403
    assert await status_of(url, origin=lab.origin_of("bob")) == 101


async def test_the_demos_documents_are_told_where_the_lab_is(lab: LabProcess, lab_page: Page) -> None:
    async with Document(lab, f"http://alice.lab.localhost:{lab.port_of('alice')}/", framed=False) as window:
        offer = re.search(r"__syncbed\.lab = (\{.*\});", window.script)
    assert offer is not None
    told = json.loads(offer[1])
    assert told == {"lab": lab.about["lab"], "profiles": lab.about["profiles"]}
    only_if = window.script[: offer.start()].splitlines()[-2]
    assert "location.hostname" in only_if  # of this machine
