"""Wrong usage of `syncbed wire` is said in one line, and nothing is started."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from syncbed.wire.command import profiles_from, wire

app = typer.Typer()
app.command()(wire)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--upstream", "ftp://x"], "is no upstream"),
        (["--upstream", "a=http://x:1", "--upstream", "a=http://y:1"], "share a name"),
        (["--upstream", "http://x:1/path"], "more than a host and a port"),
        (["--upstream", "http://x:1", "--profile", "a=x"], "is no profile"),
        (["--upstream", "http://x:1", "--profile", "a", "--profile", "a"], "is given twice"),
        (["--upstream", "http://x:1", "--profile", "a b"], "is no profile"),
        (["--upstream", "http://x:1", "--rules", "missing.json"], "cannot be read"),
    ],
)
def test_wrong_usage_is_said_in_one_line_and_ends_with_2(options: list[str], said: str) -> None:
    result = CliRunner().invoke(app, options)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_rules_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    path.write_text("{")
    result = CliRunner().invoke(app, ["--upstream", "http://x:1", "--rules", str(path)])
    assert result.exit_code == 2
    assert f"{path} is no JSON" in result.stderr.replace("\n", "")


def test_profiles_without_a_port_count_up_from_the_last() -> None:
    assert profiles_from(["a", "b", "c=7000", "d"], 9001) == {"a": 9001, "b": 9002, "c": 7000, "d": 7001}
    assert profiles_from(["a", "b"], 0) == {"a": 0, "b": 0}
