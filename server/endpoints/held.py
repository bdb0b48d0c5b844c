"""`/test/counters` and `/test/clock`: what a test bed asks while it holds the network. Test mode only."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ..errors import INVALID_FIELD, SyncbedError
from .answers import JsonAnswer
from .control import read_object
from .counting import Activity
from .instance import instance_of


class ClockRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    frozen: bool | None = None
    advance_ms: float | None = Field(default=None, ge=0, le=3_600_000, allow_inf_nan=False)


def routes(activity: Activity) -> list[BaseRoute]:
    clock = activity.clock

    async def counters(request: Request) -> Response:
        return JsonAnswer(await activity.counters(instance_of(request)))

    def state(ended: list[str]) -> Response:
        return JsonAnswer({"frozen": clock.frozen, "timers": activity.timers(), "ended": ended})

    async def read_clock(request: Request) -> Response:
        return state([])

    async def set_clock(request: Request) -> Response:
        asked = ClockRequest.model_validate(await read_object(request))
        if asked.frozen is True:
            clock.freeze()
        elif asked.frozen is False:
            clock.thaw()
        if asked.advance_ms is None:
            return state([])
        if not clock.frozen:
            raise SyncbedError(
                INVALID_FIELD, 'the clock flows: freeze it with {"frozen": true} first', field="advance_ms"
            )
        instance = instance_of(request)
        return state(await clock.advance(asked.advance_ms, lambda: activity.idle(instance)))

    return [
        Route("/test/counters", counters),
        Route("/test/clock", read_clock, methods=["GET"]),
        Route("/test/clock", set_clock, methods=["POST"]),
    ]
