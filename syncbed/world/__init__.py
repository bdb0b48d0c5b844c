"""Real processes: the reference server, Redis, and the Chromium that looks at them.

Owns finding, starting, stopping and killing them. Refuses to know what a test, a scenario
or a command wants of them, and never imports the server it starts.
"""

from .chromium import launch_options
from .process import LineSink, WatchedProcess, WorldError
from .redis import RedisProcess
from .reference import Address, ReferenceProcess, reference_root
from .world import World

__all__ = [
    "Address",
    "LineSink",
    "RedisProcess",
    "ReferenceProcess",
    "WatchedProcess",
    "World",
    "WorldError",
    "launch_options",
    "reference_root",
]
