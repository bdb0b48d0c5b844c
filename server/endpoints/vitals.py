"""Whether a client still lives, where its dialect asks, and whether its token still holds, if it has one."""

from __future__ import annotations

import math

from ..clock import Clock
from ..core.connection import Close, Connection
from ..core.heartbeat import Heartbeat, HeartbeatRules
from ..core.messages import Beat, TokenExpiring

SILENT = Close(4002, "no answer to the heartbeat", "`SYNCBED_HEARTBEATS_MISSED_MAX` in a row")
EXPIRED = Close(4001, "the token has expired", "and no new one was shown")


class Vitals:
    """`run` is a task of its own; it sleeps on the clock until the next thing is due."""

    def __init__(
        self,
        connection: Connection,
        rules: HeartbeatRules,
        clock: Clock,
        *,
        silent: Close = SILENT,
        answers_only: bool = False,
        token_s: float = math.inf,
        warning_s: float = 0,
    ) -> None:
        """`answers_only`: nothing that a client sends but its answer to a beat proves that it lives."""
        self._connection = connection
        self._clock = clock
        self._silent = silent
        self._answers_only = answers_only
        self._warning_s = warning_s
        self._heartbeat = Heartbeat(rules, clock.now_s())
        self.renew(token_s)

    def renew(self, token_s: float) -> None:
        """The token holds for so long from now on."""
        self._expires_s = self._clock.now_s() + token_s
        self._warns_s: float | None = self._expires_s - self._warning_s

    def heard(self) -> None:
        if not self._answers_only:
            self.answered()

    def answered(self) -> None:
        self._heartbeat.heard(self._clock.now_s())

    async def run(self) -> None:
        connection = self._connection
        while connection.state == "open":
            now_s = self._clock.now_s()
            if now_s >= self._expires_s:
                connection.close(EXPIRED)
                return
            if self._warns_s is not None and now_s >= self._warns_s:
                self._warns_s = None
                connection.send(TokenExpiring(self._expires_s - now_s))
            if now_s >= self._heartbeat.due_s:
                if not self._heartbeat.beat(now_s):
                    connection.close(self._silent)
                    return
                connection.send(Beat(connection.id))
            due_s = min(self._heartbeat.due_s, self._expires_s, self._warns_s or self._expires_s)
            await self._clock.sleep(max(0.0, due_s - self._clock.now_s()), "heartbeat")
