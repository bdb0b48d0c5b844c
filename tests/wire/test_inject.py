"""The pane script stands in a document once, before any other script, wherever the pieces break."""

from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncbed.wire.inject import WAITING_BYTES_MAX, Injector

TAG = "<script src=x></script>"


def injected(data: bytes, charset: str = "", cuts: tuple[int, ...] = ()) -> bytes:
    injector = Injector(TAG, charset)
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(edges)]
    return b"".join(map(injector.feed, pieces)) + injector.finish()


BEFORE = [
    "",
    "\n ",
    "<!doctype html>",
    "<!-- a <head> -- > b -->",
    "<!-->",
    "<!--->",
    "<?xml version='1'?>",
    "<!x>",
]
HTML = ["", "<html>", "<HTML lang=en data-x='>' y=\"<head>\">", "<html a=b/>", "<html\n\tx = '\"' >"]
HEAD = ["<head>", '<HEAD\nid="a>b">', "<head/>"]
OTHER = [
    "",
    "<header>x",
    "<htmlx>",
    "<head2>",
    "x<head>",
    "<title>t</title>",
    "<script>1</script>",
    "</p>",
    "<",
    "<5",
]


@pytest.mark.parametrize("html", HTML)
@pytest.mark.parametrize("before", BEFORE)
def test_it_stands_right_behind_the_heads_start(before: str, html: str) -> None:
    for head in HEAD:
        start, rest = before + html + head, "<title>t</title><script>1</script>"
        assert injected((start + rest).encode()) == (start + TAG + rest).encode()


@pytest.mark.parametrize("html", HTML)
@pytest.mark.parametrize("before", BEFORE)
def test_without_a_head_it_stands_before_what_would_open_one(before: str, html: str) -> None:
    for other in OTHER:
        assert injected((before + html + other).encode()) == (before + html + TAG + other).encode()


@given(
    st.lists(st.sampled_from([*BEFORE, *HTML, *HEAD, *OTHER, "\xe9", "é→"]), max_size=6),
    st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]),
    st.booleans(),
    st.lists(st.integers(0, 500), max_size=8),
)
def test_a_document_in_any_pieces_gets_it_exactly_once_at_the_same_place(
    parts: list[str], encoding: str, bom: bool, cuts: list[int]
) -> None:
    data = (("\ufeff" if bom else "") + "".join(parts)).encode(encoding)
    charset = "" if bom else encoding.removesuffix("-le").replace("-be", "be")
    whole = injected(data, charset)
    tag = TAG.encode(encoding)
    assert whole.count(tag) == 1
    assert whole.replace(tag, b"") == data
    assert injected(data, charset, tuple(cuts)) == whole
    assert injected(data, charset, tuple(range(len(data)))) == whole


@given(
    st.binary(max_size=300),
    st.sampled_from(["", "utf-16", "utf-16be"]),
    st.lists(st.integers(0, 300), max_size=5),
)
def test_bytes_that_are_no_html_pass_whole_too(data: bytes, charset: str, cuts: list[int]) -> None:
    whole = injected(data, charset)
    assert injected(data, charset, tuple(cuts)) == whole
    assert len(whole) - len(data) in (len(TAG), 2 * len(TAG))


class FirstTag(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)


@given(st.lists(st.sampled_from([*BEFORE[:4], *HTML, *HEAD[:2], *OTHER[:8]]), max_size=6))
def test_a_parser_meets_it_before_anything_but_html_and_head(parts: list[str]) -> None:
    parser = FirstTag()
    parser.feed(injected("".join(parts).encode()).decode())
    assert next(tag for tag in parser.tags if tag not in ("html", "head")) == "script"


def test_what_is_complete_passes_at_once() -> None:
    injector = Injector(TAG)
    assert injector.feed(b"<!doctype html><html>") == b"<!doctype html><html>"
    assert injector.feed(b"<he") == b""
    assert injector.feed(b"ad>") == b"<head>" + TAG.encode()
    assert injector.feed(b"<title>") == b"<title>"
    assert injector.finish() == b""


def test_a_comment_without_an_end_does_not_wait_for_ever() -> None:
    injector = Injector(TAG)
    out = injector.feed(b"<!doctype html><!--" + b"x" * WAITING_BYTES_MAX)
    assert out.startswith(b"<!doctype html>" + TAG.encode() + b"<!--xxx")
