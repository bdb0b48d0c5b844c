"""Putting one script first into the <head> of an HTML document that comes in pieces. Pure.

Bytes pass as they come; only a token that is not complete yet waits. Before the script may stand
what a parser reads before the head is open: a byte order mark, space, comments, the doctype, <html>
and <head>. Anything else opens the head by itself, so the script goes in front of it, and every byte
of the document is kept.
"""

import re

BOMS = {b"\xef\xbb\xbf": "latin-1", b"\xfe\xff": "utf-16-be", b"\xff\xfe": "utf-16-le"}
# Every encoding that browsers know but these two has ASCII where ASCII is: it is read as Latin-1.
UTF_16 = {
    "utf-16": "utf-16-le",  # as the Encoding Standard says
    "utf-16le": "utf-16-le",
    "unicode": "utf-16-le",
    "ucs-2": "utf-16-le",
    "iso-10646-ucs-2": "utf-16-le",
    "utf-16be": "utf-16-be",
    "unicodefffe": "utf-16-be",
}
WAITING_BYTES_MAX = 65_536

SPACE = re.compile(r"[ \t\n\f\r]*")
SPACE_OR_SLASH = re.compile(r"[ \t\n\f\r/]*")
TAG_NAME = re.compile(r"<([A-Za-z][^ \t\n\f\r/>]*)")
ATTRIBUTE_NAME = re.compile(r"=?[^ \t\n\f\r/>=]*")
UNQUOTED = re.compile(r"[^ \t\n\f\r>]*")
COMMENT_END = re.compile(r"--!?>")


class Injector:
    """Feed it the document in any pieces, then `finish`; `tag` comes out once, exactly."""

    def __init__(self, tag: str, charset: str = "") -> None:
        self._tag = tag
        self._codec = UTF_16.get(charset.lower(), "latin-1")
        self._at_start = True
        self._injected = False
        self._waiting = b""

    def feed(self, data: bytes) -> bytes:
        return data if self._injected else self._read(data, last=False)

    def finish(self) -> bytes:
        return b"" if self._injected else self._read(b"", last=True)

    def _read(self, data: bytes, *, last: bool) -> bytes:
        data = self._waiting + data
        out = b""
        if self._at_start:
            if not last and any(bom.startswith(data) and bom != data for bom in BOMS):
                self._waiting = data
                return b""
            self._at_start = False
            for bom, codec in BOMS.items():
                if data.startswith(bom):
                    out, data, self._codec = bom, data[len(bom) :], codec
                    break
        whole = len(data) if self._codec == "latin-1" else len(data) // 2 * 2
        text = data[:whole].decode(self._codec, "surrogatepass")
        at, decided = head_start(text)
        before = text[:at].encode(self._codec, "surrogatepass")
        self._waiting = data[len(before) :]
        if not (decided or last or len(self._waiting) > WAITING_BYTES_MAX):
            return out + before
        self._injected = True
        rest, self._waiting = self._waiting, b""
        return out + before + self._tag.encode(self._codec) + rest


def head_start(text: str) -> tuple[int, bool]:
    """Where the script may stand in what has come so far, and whether that is final."""
    at = 0
    while True:
        at = _end(SPACE, text, at)
        end = _token_end(text, at)
        if end == at:
            return at, True
        if end < 0:
            return at, False
        if _tag_name(text, at) == "head":
            return end, True
        at = end


def _token_end(text: str, at: int) -> int:
    """After what may stand before the script; `at` itself if it may not, -1 if that is not to be said yet."""
    rest = text[at : at + 4]
    if rest == "" or "<!--".startswith(rest):
        return -1 if rest != "<!--" else _comment_end(text, at)
    if rest[:2] in ("<!", "<?"):
        return text.find(">", at) + 1 or -1
    name = _tag_name(text, at)
    if name is None:
        return at
    if name in ("html", "head"):
        return _tag_end(text, at + 5)
    complete = at + 1 + len(name) < len(text)
    return -1 if not complete and ("html".startswith(name) or "head".startswith(name)) else at


def _tag_name(text: str, at: int) -> str | None:
    match = TAG_NAME.match(text, at)
    return match[1].lower() if match else None


def _comment_end(text: str, at: int) -> int:
    for abrupt in ("<!-->", "<!--->"):
        if text.startswith(abrupt, at):
            return at + len(abrupt)
    match = COMMENT_END.search(text, at + 4)
    return match.end() if match else -1


def _tag_end(text: str, at: int) -> int:
    """After the `>` that ends a start tag (one within a quoted value does not), or -1."""
    while True:
        at = _end(SPACE_OR_SLASH, text, at)
        if at == len(text):
            return -1
        if text[at] == ">":
            return at + 1
        at = _end(SPACE, text, _end(ATTRIBUTE_NAME, text, at))
        if text[at : at + 1] != "=":
            continue
        at = _end(SPACE, text, at + 1)
        quote = text[at : at + 1]
        if quote and quote in "\"'":
            at = text.find(quote, at + 1) + 1
            if not at:
                return -1
        else:
            at = _end(UNQUOTED, text, at)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    assert match is not None  # each of them matches the empty text
    return match.end()
