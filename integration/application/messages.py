from __future__ import annotations

from typing import Any

from server.service.handlers import Client, on_message


@on_message("get_user")
async def get_user(client: Client, data: Any) -> None:
    if not isinstance(data, dict) or "email" not in data:
        client.send_error("invalid request")
        return
    client.send("user_response", {"email": data["email"]})


@on_message("announce")
async def announce(client: Client, data: Any) -> None:
    await client.service.notify_all("announced", data)
    for room in client.rooms:
        await client.service.notify_room(room, data)


@on_message("break")
def fail(client: Client, data: Any) -> None:
    raise RuntimeError("broken on purpose")
