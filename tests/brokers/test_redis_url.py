from __future__ import annotations

import pytest

from server.brokers.redis import describe_survival, open_pool
from server.brokers.redis_url import without_password
from server.errors import StartupError


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://localhost:6379/0", "redis://localhost:6379/0"),
        ("redis://:secret@localhost:6379/0", "redis://:***@localhost:6379/0"),
        ("rediss://me:se:cr@et@host/1?x=1", "rediss://me:***@host/1?x=1"),
        ("redis://me@host", "redis://me@host"),
        ("redis://host/0?password=secret&x=1", "redis://host/0?password=***&x=1"),
        ("unix://:secret@/run/redis.sock?db=1", "unix://:***@/run/redis.sock?db=1"),
        ("me:secret@host", "me:***@host"),
        ("redis://:secret@[::1", "redis://:***@[::1"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


@pytest.mark.parametrize("url", ["localhost:6379", "http://:secret@host", "redis://:secret@host:port/0"])
def test_an_address_that_is_none_is_said_in_one_line_without_its_password(url: str) -> None:
    with pytest.raises(StartupError, match="is not the address of a Redis") as refused:
        open_pool(url, 100)
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({}, "not one of Redis"),
        ({"appendonly": "no"}, "not one of Redis"),
        ({"appendonly": "yes", "appendfsync": "always"}, "and a power failure"),
        ({"appendonly": "yes", "appendfsync": "everysec"}, "may take the last second"),
        ({"appendonly": "yes", "min-replicas-to-write": "2"}, "fewer than 2 replicas"),
    ],
)
def test_what_survives_is_read_from_the_configuration(config: dict[str, str], says: str) -> None:
    assert says in describe_survival(config)
