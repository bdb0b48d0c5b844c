"""The wire: a fault-injecting proxy for HTTP and WebSocket, at message level, with real sockets."""

from .errors import WireError
from .gate import Waiting
from .message import Message
from .panes import Substitute
from .records import EVENTS, Record, Sink
from .settings import Upstream, WireSettings, upstream_from_text
from .wire import Wire

__all__ = [
    "EVENTS",
    "Message",
    "Record",
    "Sink",
    "Substitute",
    "Upstream",
    "Waiting",
    "Wire",
    "WireError",
    "WireSettings",
    "upstream_from_text",
]
