"""The gateway over HTTP: its health, the post office, and in test mode its registry; also under `/api`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ..errors import BROKER_UNAVAILABLE, INDEFINITE, OVERLOADED
from ..service.gateway import MESSAGES_MAX, Gateway
from .answers import JsonAnswer
from .control import read_object
from .instance import instance_of

POST_OFFICE = "/post-office/websocket"
TEST = "/test/websocket-gateway"
STATUSES = {"rejected": OVERLOADED.status, "error": INDEFINITE.status}


class PublishRequest(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    channel: str = Field(min_length=1)
    message: Any
    realm: str = ""


class Place(BaseModel):
    model_config = ConfigDict(strict=True)

    epoch: str
    offset: int = Field(ge=0)


class SubscribeRequest(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    channel: str = Field(min_length=1)
    after: Place | None = None
    limit: int = Field(default=MESSAGES_MAX, ge=1, le=MESSAGES_MAX)


class SendRequest(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    connection_id: str = Field(min_length=1)
    message: dict[str, Any]


async def health(request: Request) -> Response:
    instance = instance_of(request)
    if instance.relay.broker_down is not None:
        error = f"{BROKER_UNAVAILABLE.name}: {instance.relay.broker_down}"
        answer = {"status": "not_ready", "error": error, "circuits": instance.gateway.lanes.standing()}
        return JsonAnswer(answer, 503)
    return JsonAnswer(await instance.gateway.health(names=instance.settings.test_mode))


async def endpoint(request: Request) -> Response:
    token = request.query_params.get("session_token")
    return JsonAnswer(instance_of(request).gateway.endpoint(str(request.base_url), token))


async def gateway_for(request: Request) -> Gateway:
    """The post office, for who may use it."""
    gateway = instance_of(request).gateway
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    bearer = shown.strip() if scheme.lower() == "bearer" else None
    await gateway.check_visitor(request.query_params.get("session_token") or bearer)
    return gateway


async def publish(request: Request) -> Response:
    gateway = await gateway_for(request)
    asked = PublishRequest.model_validate(await read_object(request))
    answer = await gateway.publish(asked.channel, asked.message, asked.realm)
    return JsonAnswer(answer, STATUSES.get(answer["status"], 200))


async def subscribe(request: Request) -> Response:
    gateway = await gateway_for(request)
    asked = SubscribeRequest.model_validate(await read_object(request))
    after = None if asked.after is None else (asked.after.epoch, asked.after.offset)
    return JsonAnswer(await gateway.subscribe(asked.channel, after, asked.limit))


async def send(request: Request) -> Response:
    gateway = await gateway_for(request)
    asked = SendRequest.model_validate(await read_object(request))
    answer = await gateway.send(asked.connection_id, asked.message)
    return JsonAnswer(answer, 200 if answer["success"] else 404)


async def connection(request: Request) -> Response:
    connection_id = request.path_params["connection_id"]
    found = await instance_of(request).gateway.connection(connection_id)
    if found is None:
        answer = {"success": False, "error": "Connection not found", "connection_id": connection_id}
        return JsonAnswer(answer, 404)
    return JsonAnswer({"success": True, "connection": found})


async def members(request: Request) -> Response:
    channel = request.path_params["channel"]
    found = await instance_of(request).gateway.members(channel)
    return JsonAnswer({"success": True, "channel": channel, "connections": found, "count": len(found)})


async def counts(request: Request) -> Response:
    return JsonAnswer({"success": True, "stats": await instance_of(request).gateway.counts()})


def _under_both(*routes: tuple[str, Any, str]) -> list[BaseRoute]:
    return [
        Route(prefix + path, answer, methods=[method])
        for path, answer, method in routes
        for prefix in ("", "/api")
    ]


ROUTES = _under_both(
    ("/health/websocket-gateway", health, "GET"),
    (f"{POST_OFFICE}/endpoint", endpoint, "GET"),
    (f"{POST_OFFICE}/publish", publish, "POST"),
    (f"{POST_OFFICE}/subscribe", subscribe, "POST"),
    (f"{POST_OFFICE}/send", send, "POST"),
)
TEST_ROUTES = _under_both(
    (f"{TEST}/connection/{{connection_id:path}}", connection, "GET"),
    (f"{TEST}/channel/{{channel:path}}/connections", members, "GET"),
    (f"{TEST}/connection-count", counts, "GET"),
)
"""They tell anybody who is connected: in test mode only."""
