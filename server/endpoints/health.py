"""`GET /health`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .answers import JsonAnswer
from .instance import instance_of


async def health(request: Request) -> Response:
    instance = instance_of(request)
    if instance.relay.broker_down is not None:
        return JsonAnswer({"status": "unhealthy", "error": f"broker: {instance.relay.broker_down}"}, 503)
    status = "healthy" if instance.settings.guide_names else "ok"
    hub = instance.hub
    return JsonAnswer({"status": status, "clients": len(hub.connections), "rooms": hub.rooms})


ROUTES = [Route("/health", health)]
