"""`/test/*`: what a test may ask of this server. These routes exist in test mode only."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..core import json_text
from ..errors import INVALID_FIELD, INVALID_JSON, SyncbedError
from ..guard.client_faults import Faults
from .answers import JsonAnswer
from .collections import read_body
from .instance import instance_of


class BroadcastRequest(BaseModel):
    """`event` as the plan's test server has it, or `event_type` as its backend calls it."""

    channel: str = Field(min_length=1)
    event: str | None = None
    event_type: str | None = None
    payload: Any


class FaultsRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    delay_ms: int = Field(default=0, ge=0, le=60_000)
    offline: bool = False
    refuse_next: bool = False


async def broadcast(request: Request) -> Response:
    asked = BroadcastRequest.model_validate(await read_object(request))
    event_type = asked.event if asked.event is not None else asked.event_type
    if event_type is None:
        raise SyncbedError(INVALID_FIELD, 'the field "event" (or "event_type") is missing', field="event")
    instance = instance_of(request)
    limit = instance.settings.channel_chars_max
    if len(asked.channel) > limit:
        raise SyncbedError(
            INVALID_FIELD, f'the field "channel" has at most {limit} characters', field="channel"
        )
    await instance.broker.publish(asked.channel, event_type, json_text.dumps(asked.payload))
    listeners = instance.hub.channels.get(asked.channel, ())
    return JsonAnswer(
        {
            "status": "broadcasted",
            "success": True,
            "channel": asked.channel,
            "event_type": event_type,
            "subscriber_count": len(listeners),
        }
    )


async def set_faults(request: Request) -> Response:
    asked = FaultsRequest.model_validate(await read_object(request))
    faults = Faults(asked.delay_ms, asked.offline, asked.refuse_next)
    instance_of(request).faults.set(request.path_params["client_id"], faults)
    return JsonAnswer(asked.model_dump())


async def cut(request: Request) -> Response:
    return JsonAnswer({"aborted": instance_of(request).faults.cut(request.path_params["client_id"])})


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object that is the body."""
    try:
        body = json_text.loads_foreign(
            await read_body(request, instance_of(request).settings.frame_bytes_max)
        )
    except ValueError as error:
        raise SyncbedError(INVALID_JSON, f"the body is not valid JSON: {error}") from None
    if not isinstance(body, dict):
        raise SyncbedError(INVALID_FIELD, "the body must be a JSON object", field="body")
    return body


def first_error(error: ValidationError) -> SyncbedError:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or "body"
    return SyncbedError(INVALID_FIELD, f'the field "{field}": {first["msg"]}', field=field)


ROUTES = [
    Route("/test/broadcast", broadcast, methods=["POST"]),
    Route("/test/clients/{client_id}/faults", set_faults, methods=["PUT"]),
    Route("/test/clients/{client_id}/cut", cut, methods=["POST"]),
]
