"""Whether somebody else's server has a log that can be read, found out by asking it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from syncbed.evidence import Recorder
from syncbed.run.commits import Commits

ITEMS = {"items": [], "epoch": "e", "offset": 0}
LOG = {"events": [], "next": 0}


@contextmanager
def serving(answers: Mapping[str, Any]) -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answers.get(self.path.partition("?")[0])
            self.send_response(404 if found is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, *told: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("answers", "offered"),
    [
        ({"/api/orders": ITEMS, "/api/orders/log": LOG}, True),
        ({"/api/orders": ITEMS}, False),
        ({"/api/orders": [], "/api/orders/log": LOG}, False),
        ({"/api/orders": {**ITEMS, "items": {}}, "/api/orders/log": LOG}, False),
        ({}, False),
    ],
    ids=["both", "no log", "a bare list", "other items", "nothing"],
)
async def test_a_log_is_read_only_where_there_is_one_of_our_form(
    answers: Mapping[str, Any], offered: bool
) -> None:
    with serving(answers) as url:
        assert await Commits(Recorder(None), "orders", lambda: url).offered() is offered


async def test_nobody_who_answers_has_a_log() -> None:
    assert not await Commits(Recorder(None), "orders", lambda: None).offered()
