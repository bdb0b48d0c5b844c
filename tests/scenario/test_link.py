"""Links: what is put in comes out, and what is no link is refused with a sentence."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib

import pytest

from syncbed.scenario import ScenarioError, gallery, load
from syncbed.scenario.link import (
    JSON_BYTES_MAX,
    LINK_CHARACTERS_MAX,
    LinkError,
    from_link,
    scenario_in,
    to_link,
)


@pytest.mark.parametrize("name", gallery())
def test_every_scenario_of_the_gallery_travels_in_a_link(name: str) -> None:
    scenario = load(name)
    link = to_link(scenario.raw)
    assert link.startswith("s=")
    assert len(link) < 4000
    assert scenario_in("#" + link, name) == scenario


def pack(text: bytes) -> str:
    squeeze = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return "s=" + base64.urlsafe_b64encode(squeeze.compress(text) + squeeze.flush()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ("", "#s="),
        ("t=abc", "#s="),
        ("s=%%%", "damaged"),
        ("s=AAAA", "damaged"),
        (pack(b"{}")[:-2], "damaged"),
        (pack(b"no json"), "no JSON"),
        (pack(b"[" * 100_000), "no JSON"),
        ("s=" + "A" * LINK_CHARACTERS_MAX, "more than"),
        (pack(b" " * (JSON_BYTES_MAX + 1)), "more than"),
    ],
)
def test_what_is_no_link_is_refused(link: str, says: str) -> None:
    with pytest.raises(LinkError, match=says):
        from_link(link)


def test_a_few_bytes_do_not_become_many() -> None:
    bomb = pack(b" " * 50_000_000)
    assert len(bomb) < LINK_CHARACTERS_MAX + 10
    with pytest.raises(LinkError):
        from_link(bomb)


def test_json_that_is_no_scenario_is_told_by_its_places() -> None:
    with pytest.raises(ScenarioError, match="/steps"):
        scenario_in(pack(json.dumps({"syncbed": 1}).encode()))


def test_a_scenario_that_is_too_long_for_a_link_says_so() -> None:
    noise = "".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(3000))
    raw = {"steps": [noise]}
    with pytest.raises(LinkError, match="file instead"):
        to_link(raw)


def test_secrets_do_not_travel() -> None:
    raw = {"steps": [{"payload": {"password": "hunter22"}}]}
    assert "hunter22" not in json.dumps(from_link(to_link(raw)))


@pytest.mark.parametrize("before", ["http://lab.localhost:8010/#", "https://s.example/?x=1#", "#", ""])
def test_a_link_is_loaded_as_a_name_or_a_file_is(before: str) -> None:
    scenario = load("multi-tab")
    assert load(before + to_link(scenario.raw)).steps == scenario.steps


def test_a_damaged_link_is_no_file_that_is_missing() -> None:
    with pytest.raises(ScenarioError, match="the link is damaged"):
        load("http://lab.localhost:8010/#s=AAAA")
