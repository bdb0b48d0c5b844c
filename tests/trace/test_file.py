"""What is written can be read, and what cannot be read says where and why."""

from __future__ import annotations

import dataclasses
import json
import typing
from pathlib import Path
from typing import Any

import pytest

from syncbed.trace import (
    KINDS,
    Header,
    Invoke,
    Kind,
    Note,
    Ok,
    Record,
    TraceError,
    TraceWriter,
    View,
    from_json,
    read_trace,
    to_json,
)


def example_of(hint: Any) -> Any:
    """A value that is no default, for a field of this type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return arguments[-1]
    if origin is tuple:
        return ("x",)
    if arguments and arguments[-1] is type(None):
        return example_of(arguments[0])
    if origin is not None:
        return {"a": "b"}
    return {str: "x", int: 7, float: 2.5, bool: True, Any: {"a": [1]}}[hint]


def example(cls: type[Kind]) -> Kind:
    hints = typing.get_type_hints(cls)
    return cls(**{field.name: example_of(hints[field.name]) for field in dataclasses.fields(cls)})


@pytest.mark.parametrize("cls", KINDS.values(), ids=KINDS)
def test_a_record_of_every_kind_survives_its_json(cls: type[Kind]) -> None:
    record: Record[Kind] = Record(3, "driver", 4, 12.5, example(cls))
    assert from_json(json.loads(json.dumps(to_json(record)))) == record


@pytest.mark.parametrize(("name", "cls"), KINDS.items())
def test_every_kind_is_registered_under_its_own_name(name: str, cls: type[Kind]) -> None:
    assert cls.kind == name


def test_a_field_that_equals_its_default_is_left_out() -> None:
    record: Record[Kind] = Record(0, "driver", 1, 0.0, Ok("o1"))
    assert to_json(record) == {"i": 0, "source": "driver", "n": 1, "at_ms": 0.0, "kind": "ok", "op": "o1"}


def write_some(path: Path) -> TraceWriter:
    writer = TraceWriter(path, Header(scenario="s", seed=7))
    writer.write("driver", Invoke("o1", "alice/1", "put", "latte", {"title": "latte #o1"}, "o1"), at_ms=1)
    writer.write("tab alice/1", View("alice/1", ({"id": "latte", "title": "latte #o1"},)), at_ms=0.5, n=1)
    writer.write("driver", Ok("o1", version=1), at_ms=2.123456789)
    return writer


def test_what_was_written_is_what_is_read(tmp_path: Path) -> None:
    writer = write_some(tmp_path / "trace.jsonl")
    writer.close()
    read = read_trace(tmp_path / "trace.jsonl")
    assert read == writer.trace()
    assert [record.n for record in read.records if record.source == "driver"] == [1, 2, 3]


def test_every_line_is_there_before_the_writer_is_closed(tmp_path: Path) -> None:
    write_some(tmp_path / "trace.jsonl")
    assert len(read_trace(tmp_path / "trace.jsonl").records) == 4


def test_a_truncated_last_line_is_tolerated_and_said(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    write_some(path).close()
    path.write_text(path.read_text()[:-9])
    trace = read_trace(path)
    assert len(trace.records) == 3
    assert "line 4 is the last and has no end" in trace.truncated


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "line 3: not JSON"),
        ("[]", "line 3: [] is no JSON object"),
        ('{"i":2,"source":"d","n":1,"at_ms":0}', "line 3: 'kind' is missing"),
        (
            '{"i":2,"source":"d","n":1,"at_ms":0,"kind":"tea"}',
            "line 3: 'tea' is no kind of record (allowed: ",
        ),
        ('{"i":2,"source":"d","n":1,"at_ms":0,"kind":"ok"}', "line 3: 'ok' needs the field 'op'"),
        (
            '{"i":2,"source":"d","n":1,"at_ms":0,"kind":"ok","op":"o1","x":1}',
            "line 3: 'ok' has no field 'x' (allowed: op, ",
        ),
        (
            '{"i":2,"source":"d","n":1,"at_ms":0,"kind":"ok","op":7}',
            "line 3: 'op' is 7, which is not text",
        ),
        (
            '{"i":2,"source":"d","n":1,"at_ms":0,"kind":"tab","tab":"a/1","did":"slept"}',
            "line 3: 'did' is 'slept', which is not one of opened, reloaded",
        ),
        (
            '{"i":9,"source":"d","n":1,"at_ms":0,"kind":"heal"}',
            "line 3: its index is 9 and should be 2: lines are missing",
        ),
    ],
)
def test_a_bad_line_is_named_with_what_is_wrong(tmp_path: Path, line: str, complaint: str) -> None:
    path = tmp_path / "trace.jsonl"
    write_some(path).close()
    lines = path.read_text().splitlines()
    lines[2] = line
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(TraceError) as caught:
        read_trace(path)
    assert complaint in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_trace_begins_with_its_header(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text(json.dumps(to_json(Record(0, "driver", 1, 0.0, Note("hello")))) + "\n")
    with pytest.raises(TraceError, match="line 1: a trace begins with a header, this is 'note'"):
        read_trace(path)


def test_an_empty_file_is_no_trace(tmp_path: Path) -> None:
    (tmp_path / "trace.jsonl").write_text("")
    with pytest.raises(TraceError, match="no records"):
        read_trace(tmp_path / "trace.jsonl")


def test_a_trace_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    TraceWriter(path, Header(trace=99)).close()
    with pytest.raises(TraceError, match="this is a trace of version 99, and this syncbed reads version 1"):
        read_trace(path)
