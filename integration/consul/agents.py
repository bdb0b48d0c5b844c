"""Consul agents as processes: the stand-in, and the real one wherever `consul` is on the PATH."""

from __future__ import annotations

import re
import shutil
import socket
import sys
from contextlib import ExitStack
from typing import Any

import httpx

from integration.waiting import until
from syncbed.world.process import WatchedProcess


class ConsulAgent(WatchedProcess):
    """One agent on loopback. `start` after `kill` keeps the port and has forgotten everything."""

    name = "consul agent"
    ready_line = re.compile(r"Starting server: address=\S+ network=tcp protocol=http")

    def __init__(self) -> None:
        super().__init__()
        self.port, self._rpc, self._serf = free_ports(3)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def ask(self, path: str) -> Any:
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            return (await client.get(f"/v1/agent/{path}")).raise_for_status().json()

    async def serves(self) -> None:
        """Return once it answers."""

        async def answers() -> bool:
            try:
                await self.ask("self")
            except httpx.HTTPError:
                return False
            return True

        await until(answers)


class RealAgent(ConsulAgent):
    def command(self) -> list[str]:
        ports = {
            "http": self.port,
            "server": self._rpc,
            "serf_lan": self._serf,
            "serf_wan": -1,
            "dns": -1,
            "grpc": -1,
            "grpc_tls": -1,
        }
        hcl = "ports { " + " ".join(f"{name} = {port}" for name, port in ports.items()) + " }"
        return ["consul", "agent", "-dev", "-bind", "127.0.0.1", "-hcl", hcl]


class StandIn(ConsulAgent):
    name = "stand-in for a consul agent"

    def __init__(self, token: str = "") -> None:
        super().__init__()
        self._token = token

    def command(self) -> list[str]:
        words = [sys.executable, "-m", "integration.consul.stand_in", str(self.port)]
        return [*words, self._token] if self._token else words


AGENTS: list[type[ConsulAgent]] = [StandIn, *([RealAgent] if shutil.which("consul") else [])]
"""Those that this machine has."""


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
