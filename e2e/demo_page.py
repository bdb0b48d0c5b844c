"""The demo page as a test sees it: by its test ids, and the server beside it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect


@dataclass(frozen=True)
class Demo:
    page: Page

    def at(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    @property
    def rows(self) -> Locator:
        return self.at("items").locator("li")

    def row(self, title: str) -> Locator:
        return self.rows.filter(has=self.page.get_by_test_id("rename").get_by_text(title, exact=True))

    def add(self, title: str) -> None:
        self.at("new-title").fill(title)
        self.at("add").click()

    def titles(self) -> list[str]:
        return self.at("rename").all_text_contents()

    def is_connected(self) -> None:
        expect(self.at("connection")).to_have_text("connected")

    def press(self, test_id: str) -> None:
        """Press one of the fault buttons, and wait until the server has taken it."""
        button = self.at(test_id)
        pressed = button.get_attribute("aria-pressed")
        if pressed is None:
            with self.page.expect_response("**/test/clients/*/cut*"):
                button.click()
        else:
            button.click()
            expect(button).to_have_attribute("aria-pressed", "false" if pressed == "true" else "true")

    def answer_after(self, ms: int) -> None:
        with self.page.expect_response(
            lambda answer: f'"delay_ms":{ms},' in (answer.request.post_data or "")
        ):
            self.at("delay").select_option(str(ms))

    def hold_writes(self) -> Callable[[], None]:
        """Keep this page's writes from the server, until the returned function lets them go."""
        held: list[Route] = []
        released = False

        def hold(route: Route) -> None:
            if released or route.request.method == "GET":
                route.continue_()
            else:
                held.append(route)

        def release() -> None:
            nonlocal released
            released = True
            for route in held:
                route.continue_()

        self.page.route("**/api/**", hold)
        return release


def open_demo(page: Page, url: str) -> Demo:
    """The page, connected and with the list read."""
    page.goto(url)
    demo = Demo(page)
    demo.is_connected()
    expect(demo.at("log")).to_contain_text("from the server")
    return demo


def serve_broken(page: Page, module: str, good: str, bad: str) -> None:
    """Serve the SDK with one module changed, to this page alone."""

    def fulfill(route: Route) -> None:
        answer = route.fetch()
        source = answer.text()
        assert good in source, f"{module} no longer holds {good!r}: this twin breaks nothing"
        route.fulfill(response=answer, body=source.replace(good, bad))

    page.route(f"**/static/sdk/{module}", fulfill)


def call(url: str, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
    """Ask the server itself, past every browser."""
    payload = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        url.replace("//localhost", "//127.0.0.1") + path,
        payload,
        {"Content-Type": "application/json", **(headers or {})},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def server_titles(url: str) -> list[str]:
    return [item["title"] for item in call(url, "GET", "/api/orders")["items"]]


def delete_all_orders(url: str) -> None:
    for item in call(url, "GET", "/api/orders")["items"]:
        call(url, "DELETE", f"/api/orders/{item['id']}")
