from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core import json_text

# Any code point, halves of surrogate pairs too: a JSON text may hold them as escapes.
TEXT = st.text(st.characters(categories=None))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_ascii_and_reads_back_the_same(value: object) -> None:
    text = json_text.dumps(value)
    assert text.isascii()
    assert json_text.loads(text) == value
    assert json_text.loads_foreign(text) == value


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a":-Infinity}'])
def test_what_no_browser_reads_is_not_json(text: str) -> None:
    with pytest.raises(ValueError, match="is not JSON"):
        json_text.loads(text)


def test_a_number_beyond_all_bounds_is_refused_and_not_made_infinite() -> None:
    with pytest.raises(ValueError, match="out of range"):
        json_text.loads("[1e999]")


@pytest.mark.parametrize("value", [math.nan, math.inf, [{"a": -math.inf}]])
def test_no_nan_is_ever_written(value: object) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text.dumps(value)


def test_half_of_a_surrogate_pair_survives() -> None:
    assert json_text.loads(json_text.dumps("\ud83d")) == "\ud83d"


def test_a_large_integer_keeps_every_digit() -> None:
    assert json_text.dumps(json_text.loads("[9007199254740993]")) == "[9007199254740993]"


def test_bytes_that_are_not_utf8_are_an_error_of_the_same_kind() -> None:
    with pytest.raises(ValueError, match="decode"):
        json_text.loads(b'"\xff"')


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_client_may_nest_so_deep_and_no_deeper(opening: str) -> None:
    closing = "]" if opening == "[" else "}"

    def nested(levels: int) -> str:
        return opening * levels + "1" + closing * levels

    deep = nested(json_text.NESTING_MAX)
    assert json.dumps(json_text.loads_foreign(deep), separators=(",", ":")) == deep
    for levels in (json_text.NESTING_MAX + 1, 100_000):
        with pytest.raises(ValueError, match="nested"):
            json_text.loads_foreign(nested(levels))
