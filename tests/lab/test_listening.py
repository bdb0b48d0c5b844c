"""The lab's own port: where links of other days lead to, or the next, and that is said."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from syncbed.lab.command import listening
from syncbed.lab.errors import LabError


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody has, as the lab's usual one."""
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        port = int(somebody.getsockname()[1])
        yield port


async def test_another_port_is_taken_if_the_usual_one_is_and_said(
    taken: int, capsys: pytest.CaptureFixture[str]
) -> None:
    server = listening(None, usual=taken)
    assert server.port != taken
    assert capsys.readouterr().err == f"port {taken} is in use: the lab's is {server.port}\n"
    await server.stop()


def test_a_port_that_was_asked_for_is_that_or_none(taken: int) -> None:
    with pytest.raises(LabError, match=str(taken)):
        listening(taken)
