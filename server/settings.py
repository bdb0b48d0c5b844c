"""Every switch and limit, units in the names, from the environment (`SYNCBED_*`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Count = Annotated[int, Field(gt=0)]
Limit = Annotated[int, Field(ge=0)]
"""0: no limit."""
Milliseconds = Annotated[int, Field(ge=0)]

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="SYNCBED_", frozen=True, extra="ignore", use_attribute_docstrings=True
    )

    host: str = "127.0.0.1"
    """A loopback address also listens on `::1`, where that exists."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """0 takes any free port."""
    port_next: bool = False
    """Take the next free port if this one is busy."""
    static_dir: Path = Path(__file__).parent.parent / "static"

    redis_url: str | None = None
    """None: the embedded memory broker."""
    redis_prefix: str = "syncbed"
    redis_timeout_ms: Milliseconds = 2000

    test_mode: bool = False
    """The endpoints under `/test` exist, and any `*.localhost` is a welcome origin."""
    ws_dialect: Literal["broadcast", "rooms", "mq", "gateway", "state"] = "rooms"
    """What `/ws` speaks."""
    ws_enabled: bool = True
    """False: there are no WebSocket paths."""
    guide_names: bool = False
    """Set by `--config` and `WEBSOCKET_ENABLED`: `/health` says `healthy`."""
    handlers: list[str] = []
    """Modules of the application that register handlers of messages: `["shop.messages"]`."""
    allowed_origins: list[str] = []
    """Besides the server's own: `https://app.example`."""
    allowed_hosts: list[str] = []
    """Host names that this server answers to, besides addresses and loopback names: `["app.example"]`."""

    connections_max: Limit = 10_000
    """Of one instance; 0: no limit."""
    members_per_channel_max: Limit = 0
    """Of one instance; 0: no limit."""
    channels_per_connection_max: Count = 1000
    channel_chars_max: Count = 200
    frame_bytes_max: Count = 512_000
    """A larger one closes its connection with 1009."""
    mq_frame_bytes_max: Count = 1 << 20
    """The same, of the `mq` dialect."""
    messages_per_s_max: Count = 1000
    """Per connection; the burst is one second's worth."""
    outbox_frames_max: Count = 4096
    """Per connection, like `outbox_bytes_max`: what waits to be read by its client."""
    outbox_bytes_max: Count = 16_000_000
    slow_consumer: Literal["close", "drop_oldest"] = "close"
    write_s_max: Annotated[float, Field(ge=0)] = 0
    """A peer that takes nothing for so long, while something waits for it, is dropped; 0: no limit."""
    http_idle_s_max: Annotated[int, Field(gt=0)] = 5
    """A kept-alive HTTP connection without a request is closed after it."""
    ping_interval_s: Annotated[float, Field(gt=0)] = 20
    ping_timeout_s: Annotated[float, Field(gt=0)] = 20

    token_secret: Annotated[SecretStr, Field(min_length=32)] | None = None
    """Of the HS256 tokens that the `state` dialect asks for. None: in test mode a random one, else nobody."""
    token_warning_s: Annotated[float, Field(ge=0)] = 60
    """So long before its token expires a client is told."""
    asks_max: Count = 1000
    """Requests of one connection that are being answered at a time."""
    user_connections_max: Limit = 5
    """Of one instance; 0: no limit."""
    user_over_limit: Literal["refuse", "close_oldest"] = "refuse"
    state_text_chars_max: Count = 8192
    state_messages_per_min_max: Limit = 30
    """Per connection; 0: no limit."""
    heartbeat_s: Annotated[float, Field(gt=0)] = 30
    heartbeat_timeout_s: Annotated[float, Field(gt=0)] = 60
    heartbeats_missed_max: Count = 3
    queue_messages_max: Count = 1000
    """Of a user who is away, in all instances together."""
    queue_age_s_max: Count = 24 * 3600

    gateway_connections_max: Limit = 1000
    """Of the `gateway` dialect, on all instances together."""
    gateway_user_connections_max: Limit = 5
    """With one session token, on all instances together."""
    gateway_channels_max: Count = 100
    """Of one connection of the `gateway` dialect."""
    gateway_lease_s: Annotated[float, Field(gt=0)] = 15
    """Within it an instance that has died is gone from the registry."""
    gateway_registry_ttl_s: Count = 3600
    """Of the registry's keys, should no instance be left to forget them."""
    gateway_sessions: bool = False
    """Only tokens of sessions that are in Redis come in."""
    gateway_session_key: Annotated[str, Field(pattern=r"\{token\}")] = "session:{token}"
    """Where a session is in Redis."""
    gateway_ping_s: Annotated[float, Field(gt=0)] = 30
    gateway_idle_s_max: Annotated[float, Field(gt=0)] = 300
    """Who has answered no ping for so long is closed with 1008."""
    gateway_failures_max: Count = 5
    """In a row; so many open a channel's circuit."""
    gateway_open_s: Annotated[float, Field(gt=0)] = 30
    gateway_successes_min: Count = 2
    """So many close it again."""
    gateway_queue_max: Count = 1000
    """Messages that wait for one channel, on one instance."""
    gateway_queue_bytes_max: Count = 64_000_000
    """What waits for all channels together, on one instance."""
    gateway_last_try_s: Annotated[float, Field(ge=0)] = 2
    """For what still waits when the server ends; after it that is lost, and told of."""

    history_events_max: Count = 10_000
    resume_events_max: Count = 1000
    position_check_ms: Annotated[int, Field(gt=0)] = 5000
    mutations_remembered_max: Count = 100
    mutations_remembered_s: Count = 7 * 24 * 3600
    item_bytes_max: Count = 64_000
    strict: bool = False
    """PATCH and DELETE need an If-Match header."""

    consul_url: Annotated[str, Field(pattern=r"^https?://[^/]")] | None = None
    """Of the Consul agent to register with: `http://127.0.0.1:8500`. None: with none."""
    consul_token: SecretStr | None = None
    """What the agent's ACL asks for."""
    consul_service: Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$")] = (
        "websocket-gateway"
    )
    """The service's name there, a DNS label."""
    consul_address: Annotated[str, Field(min_length=1)] | None = None
    """Where agent and users reach this server, which answers to that name. None: `host`, if it is one."""
    consul_check_s: Annotated[float, Field(gt=0)] = 10
    """Between two checks of the agent's, and two looks of ours whether it still knows us."""

    shutdown_s_max: Annotated[int, Field(gt=0)] = 5
    client_faults_max: Count = 1000

    @model_validator(mode="after")
    def _outbox_holds_what_a_resume_sends(self) -> Settings:
        if self.resume_events_max >= self.outbox_frames_max:
            raise ValueError("resume_events_max must be below outbox_frames_max")
        return self

    @model_validator(mode="after")
    def _consul_can_be_used(self) -> Settings:
        everywhere = self.host in ("0.0.0.0", "::")
        if self.consul_url is not None and self.consul_address is None and everywhere:
            raise ValueError(f"with host {self.host}, consul_address must say where this server is reached")
        return self

    def frame_bytes_of(self, dialect: str) -> int:
        return self.mq_frame_bytes_max if dialect == "mq" else self.frame_bytes_max

    @property
    def on_loopback(self) -> bool:
        return self.host in LOOPBACK
