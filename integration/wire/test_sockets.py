"""A socket of the wire, by itself: ends that come before the loop tells of them."""

from __future__ import annotations

import asyncio
import socket as stdlib_socket

from integration.wire.raw import soon, turning_true
from syncbed.wire.sockets import ABORT, Socket


async def test_a_socket_that_was_reset_unnoticed_is_closed_all_the_same() -> None:
    opened: asyncio.Future[Socket] = asyncio.get_running_loop().create_future()
    server = await asyncio.get_running_loop().create_server(lambda: Socket(opened.set_result), "127.0.0.1", 0)
    peer = stdlib_socket.create_connection(server.sockets[0].getsockname())
    socket = await soon(opened)
    peer.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, ABORT)
    peer.close()
    assert not socket.lost  # no turn of the loop in between
    socket.close()
    await turning_true(lambda: socket.lost)
    server.close()
    await server.wait_closed()
