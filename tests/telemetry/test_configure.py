"""Which of OpenTelemetry's environment variables ask for it, and what is refused by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from server.errors import StartupError
from server.telemetry.configure import Signal, exporters

TOP = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("signal", "environ", "asked"),
    [
        ("TRACES", {}, []),
        ("TRACES", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, ["otlp"]),
        ("TRACES", {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, ["otlp"]),
        ("METRICS", {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, []),
        ("METRICS", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_METRICS_EXPORTER": "none"}, []),
        ("METRICS", {"OTEL_METRICS_EXPORTER": "prometheus"}, []),
        ("TRACES", {"OTEL_TRACES_EXPORTER": "console, otlp"}, ["console", "otlp"]),
        (
            "TRACES",
            {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"},
            ["otlp"],
        ),
    ],
)
def test_what_is_asked_for(signal: Signal, environ: dict[str, str], asked: list[str]) -> None:
    assert exporters(signal, environ) == asked


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"OTEL_TRACES_EXPORTER": "jaeger"}, "OTEL_TRACES_EXPORTER: there is no exporter 'jaeger'"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "'grpc' is not spoken here; http/protobuf is",
        ),
    ],
)
def test_what_there_is_not_is_refused_by_name(environ: dict[str, str], says: str) -> None:
    with pytest.raises(StartupError, match=says):
        exporters("TRACES", environ)


WITHOUT_SDK = """
import sys, logging
logging.basicConfig(format="%(message)s")
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("opentelemetry.sdk"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Refuse())
sys.modules.pop("opentelemetry.sdk", None)
from server.telemetry import configure
configure.configure({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})()
from server.app import build_app
from server.settings import Settings
build_app(Settings())
print("serves without it")
"""


def test_without_the_sdk_it_is_said_in_one_line_and_the_server_serves() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_SDK],
        cwd=TOP,
        env={"PYTHONPATH": str(TOP)},
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert ended.stdout == "serves without it\n", ended.stderr
    [line] = ended.stderr.splitlines()
    assert "pip install 'syncbed[otel]'" in line
