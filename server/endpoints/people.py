"""Test mode: tokens for anybody, what the application says, and what is left once everybody has gone."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .answers import JsonAnswer
from .control import read_object
from .instance import instance_of


class TokenRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    user: str = Field(min_length=1, max_length=200)
    expires_in_s: float = Field(default=3600, allow_inf_nan=False)


class NotifyRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    event: str = "noted"
    data: Any = None
    priority: bool = False


async def make_token(request: Request) -> Response:
    asked = TokenRequest.model_validate(await read_object(request))
    instance = instance_of(request)
    token = instance.tokens.mint(asked.user, instance.now_ms() / 1000, asked.expires_in_s)
    return JsonAnswer({"token": token})


async def notify_user(request: Request) -> Response:
    asked = NotifyRequest.model_validate(await read_object(request))
    told = await instance_of(request).service.notify_user(
        request.path_params["user"], asked.event, asked.data, priority=asked.priority
    )
    return JsonAnswer({"status": "delivered" if told else "queued"})


async def notify_all(request: Request) -> Response:
    asked = NotifyRequest.model_validate(await read_object(request))
    await instance_of(request).service.notify_all(asked.event, asked.data)
    return JsonAnswer({"status": "told"})


async def notify_room(request: Request) -> Response:
    asked = NotifyRequest.model_validate(await read_object(request))
    await instance_of(request).service.notify_room(request.path_params["room"], asked.data)
    return JsonAnswer({"status": "told"})


async def leftovers(request: Request) -> Response:
    instance = instance_of(request)
    return JsonAnswer(
        {
            "connections": len(instance.hub.connections),
            "channels": len(instance.hub.channels),
            "users": len(instance.admission.users),
            "vitals": len(instance.vitals),
            "joined": instance.relay.joined,
            "background": instance.relay.tasks,
            "tasks": len(asyncio.all_tasks()),
        }
    )


ROUTES = [
    Route("/test/tokens", make_token, methods=["POST"]),
    Route("/test/users/{user}/messages", notify_user, methods=["POST"]),
    Route("/test/rooms/{room}/messages", notify_room, methods=["POST"]),
    Route("/test/messages", notify_all, methods=["POST"]),
    Route("/test/leftovers", leftovers),
]
