"""Topics: one star is one segment, and the most specific is first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.service.topics import Topics

SEGMENTS = st.lists(st.sampled_from(["a", "b", "*"]), min_size=1, max_size=4)


def of(*patterns: str) -> Topics[str]:
    topics: Topics[str] = Topics()
    for pattern in patterns:
        topics.add(pattern, pattern)
    return topics


def test_a_star_is_exactly_one_segment() -> None:
    topics = of("orders.*")
    assert topics.find("orders.created") == ["orders.*"]
    for topic in ("orders", "orders.", "orders.eu.created", "contacts.created", "order.s.created"):
        assert topics.find(topic) == []


def test_a_word_beats_a_star_and_the_leftmost_difference_decides() -> None:
    patterns = ["*.*.*", "*.eu.created", "orders.*.created", "orders.eu.*", "orders.eu.created"]
    assert of(*patterns).find("orders.eu.created") == patterns[::-1]


def test_several_of_one_pattern_come_in_their_order_and_another_registrys_behind() -> None:
    topics, others = of("a", "*"), of("a", "*", "b")
    others.add("a", "later")
    topics.take(others)
    assert topics.find("a") == ["a", "a", "later", "*", "*"]
    assert topics.find("b") == ["b", "*", "*"]
    assert others.find("a") == ["a", "later", "*"]


@pytest.mark.parametrize("pattern", ["", ".", "a.", ".a", "a..b", "a*", "a.*b", "**"])
def test_a_pattern_is_words_and_stars_between_dots(pattern: str) -> None:
    with pytest.raises(ValueError, match="is not segments between dots"):
        of(pattern)


@given(st.lists(SEGMENTS, min_size=1, max_size=12), SEGMENTS)
def test_what_is_found_is_what_matches_the_most_specific_first(
    patterns: list[list[str]], topic: list[str]
) -> None:
    topic = ["c" if segment == "*" else segment for segment in topic]
    found = of(*(".".join(pattern) for pattern in patterns)).find(".".join(topic))
    matching = [
        pattern
        for pattern in patterns
        if len(pattern) == len(topic) and all(p in ("*", t) for p, t in zip(pattern, topic, strict=True))
    ]
    breadth = [[segment == "*" for segment in pattern.split(".")] for pattern in found]
    assert sorted(found) == sorted(".".join(pattern) for pattern in matching)
    assert breadth == sorted(breadth)
