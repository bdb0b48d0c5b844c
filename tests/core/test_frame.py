"""Our frames, read back by somebody else's parser."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from server.core.frame import text_frame


def parse(wire: bytes) -> Frame:
    stream = StreamReader()
    stream.feed_data(wire)
    stream.feed_eof()
    parsing = Frame.parse(stream.read_exact, mask=False)
    with pytest.raises(StopIteration) as stop:
        next(parsing)
    assert stream.read_exact(0) is not None
    frame: Frame = stop.value.value
    return frame


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 100_000])
def test_a_frame_of_any_size_is_one_whole_unmasked_text_message(size: int) -> None:
    text = "x" * size
    frame = parse(text_frame(text).wire)
    assert (frame.opcode, frame.fin) == (Opcode.TEXT, True)
    assert bytes(frame.data) == text.encode()


def test_the_size_is_counted_in_bytes_and_not_in_characters() -> None:
    text = "ü" * 63
    assert bytes(parse(text_frame(text).wire).data).decode() == text


def test_frames_that_are_joined_stay_messages_of_their_own() -> None:
    stream = StreamReader()
    stream.feed_data(b"".join(text_frame(text).wire for text in ("a", "b" * 300, "c")))
    seen = []
    for _ in range(3):
        parsing = Frame.parse(stream.read_exact, mask=False)
        with pytest.raises(StopIteration) as stop:
            next(parsing)
        seen.append(bytes(stop.value.value.data).decode())
    assert seen == ["a", "b" * 300, "c"]
