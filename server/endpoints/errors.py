"""Every error as the one JSON shape: `{"error": {code, name, message, ..., retryable, definite}}`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ..brokers.base import BrokerUnavailableError, IndefiniteError
from ..errors import BROKER_UNAVAILABLE, INDEFINITE, INTERNAL, METHOD_NOT_ALLOWED, NO_SUCH_PATH, SyncbedError
from .answers import JsonAnswer
from .control import first_error

logger = logging.getLogger("syncbed.http")


def _answer(error: SyncbedError, headers: Mapping[str, str] | None = None) -> Response:
    return JsonAnswer({"error": error.body()}, error.kind.status, headers)


def syncbed_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SyncbedError)
    return _answer(error)


def invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, ValidationError)
    return _answer(first_error(error))


def broker_unavailable(request: Request, error: Exception) -> Response:
    return _answer(SyncbedError(BROKER_UNAVAILABLE), {"Retry-After": "1"})


def indefinite(request: Request, error: Exception) -> Response:
    logger.warning("the broker's answer was lost: %s", error)
    return _answer(SyncbedError(INDEFINITE))


def http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = METHOD_NOT_ALLOWED if error.status_code == 405 else NO_SUCH_PATH
    return _answer(SyncbedError(kind, f"{kind.text}: {request.method} {request.url.path}"), error.headers)


def client_gone(request: Request, error: Exception) -> Response:
    """It ended its connection in the middle of its body: nobody hears this answer, and nothing was done."""
    return Response(status_code=499)


def internal(request: Request, error: Exception) -> Response:
    return _answer(SyncbedError(INTERNAL))


HANDLERS: dict[Any, Callable[[Request, Exception], Response]] = {
    SyncbedError: syncbed_error,
    ValidationError: invalid_request,
    BrokerUnavailableError: broker_unavailable,
    IndefiniteError: indefinite,
    HTTPException: http_exception,
    ClientDisconnect: client_gone,
    Exception: internal,
}
