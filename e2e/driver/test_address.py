"""A server behind the wire that a page calls by its own address is reached through the wire."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, Route

from syncbed.drivers.glue import part

PAGE = "http://alice.lab.localhost:9990/"


@pytest.mark.parametrize(
    ("upstreams", "called", "reached"),
    [
        ({"localhost:3000": ""}, "http://localhost:3000/api?x=1", f"{PAGE}api?x=1&__tab=1"),
        ({"localhost:3000": ""}, "http://127.0.0.1:3000/api", f"{PAGE}api?__tab=1"),
        ({"localhost:3000": ""}, "http://localhost:3001/api", "http://localhost:3001/api"),
        ({"localhost:3000": ""}, "/api", f"{PAGE}api?__tab=1"),
        (
            {"localhost:3000": "app", "api.test:80": "api"},
            "http://api.test/orders",
            "http://api.alice.lab.localhost:9990/orders?__tab=1",
        ),
    ],
)
def test_an_absolute_address(page: Page, upstreams: dict[str, str], called: str, reached: str) -> None:
    seen: list[str] = []

    def answer(route: Route) -> None:
        seen.append(route.request.url)
        cors = {"Access-Control-Allow-Origin": "*"}
        route.fulfill(status=200, content_type="text/html", headers=cors, body="<!doctype html>")

    page.route("**/*", answer)
    page.goto(PAGE)
    about = json.dumps({"number": "1", "profile": "alice", "upstreams": upstreams})
    page.evaluate(f"() => {{ ({part('address')})({about}); }}")
    page.evaluate("async (url) => { await fetch(url); }", called)
    assert seen[-1] == reached
