"""Counting the frames of a write that joins several."""

from hypothesis import given
from hypothesis import strategies as st

from server.core.frame import text_frame
from server.endpoints.counting import frames_in


@given(st.lists(st.sampled_from((0, 1, 125, 126, 127, 65_535, 65_536, 70_000)), max_size=8))
def test_every_frame_of_a_joined_write_is_counted(sizes: list[int]) -> None:
    assert frames_in(b"".join(text_frame("x" * size).wire for size in sizes)) == len(sizes)
