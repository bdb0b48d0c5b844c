"""`GET /metrics` for Prometheus, under the names of seed 004's guide."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..telemetry.metrics import Metrics


def routes(metrics: Metrics) -> list[Route]:
    async def read(request: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/metrics", read)]
