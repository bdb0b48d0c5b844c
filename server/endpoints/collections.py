"""`/api/{collection}`: the optimistic-sync endpoints."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..errors import BODY_TOO_LARGE, INVALID_FIELD, SyncbedError
from ..sync.collections import log_body, parse_log_query
from ..sync.write_request import WriteOp, WriteRequest
from .answers import JsonAnswer
from .instance import instance_of

LOG_LIMIT_MAX = 1000
OPS: dict[str, WriteOp] = {"POST": "create", "PATCH": "update", "DELETE": "delete"}


async def read_items(request: Request) -> Response:
    snapshot = await instance_of(request).collections.read(_collection(request))
    position = snapshot.position
    return JsonAnswer({"items": snapshot.items, "epoch": position.epoch, "offset": position.offset})


async def read_log(request: Request) -> Response:
    query = request.query_params
    offset, limit = parse_log_query(
        query.get("from", "0"), query.get("limit", str(LOG_LIMIT_MAX)), LOG_LIMIT_MAX
    )
    collections = instance_of(request).collections
    return JsonAnswer(
        log_body(*await collections.log(_collection(request), query.get("epoch"), offset, limit))
    )


async def write_item(request: Request) -> Response:
    body = await read_body(request, instance_of(request).settings.item_bytes_max)
    answer = await instance_of(request).collections.write(
        WriteRequest(
            _collection(request),
            OPS[request.method],
            request.path_params.get("entity_id"),
            request.headers,
            body,
        )
    )
    return JsonAnswer(answer.body, answer.status)


async def read_body(request: Request, bytes_max: int) -> bytes:
    """The whole body; 413 as soon as it grows over the limit."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > bytes_max:
            raise SyncbedError(BODY_TOO_LARGE, f"the body may have {bytes_max} bytes at most")
        chunks.append(chunk)
    return b"".join(chunks)


def _collection(request: Request) -> str:
    name: str = request.path_params["collection"]
    limit = instance_of(request).settings.channel_chars_max
    if len(name) > limit:
        raise SyncbedError(
            INVALID_FIELD, f"a collection's name has at most {limit} characters", field="collection"
        )
    return name


ROUTES = [
    Route("/api/{collection}", read_items, methods=["GET"]),
    Route("/api/{collection}", write_item, methods=["POST"]),
    Route("/api/{collection}/log", read_log, methods=["GET"]),
    Route("/api/{collection}/{entity_id:path}", write_item, methods=["PATCH", "DELETE"]),
]
