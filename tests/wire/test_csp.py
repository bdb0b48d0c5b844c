"""What a policy becomes: it lets the pane script in, and says what else it said."""

import pytest

from syncbed.wire.csp import Needs, adapt

URL = "http://alice.localhost:9001/__syncbed/pane.js"
LAB = "ws://lab.localhost:8100"
NEEDS = Needs(URL, "n0nce", (LAB,))


@pytest.mark.parametrize(
    ("policy", "becomes", "told"),
    [
        ("script-src 'self'", "script-src 'self'", []),
        ("script-src *", "script-src *", []),
        ("img-src 'none'", "img-src 'none'", []),
        ("script-src 'none'", f"script-src {URL}", ["script-src"]),
        (
            "script-src https://cdn.example 'unsafe-inline'",
            f"script-src https://cdn.example 'unsafe-inline' {URL}",
            ["script-src"],
        ),
        ("script-src 'nonce-abc'", "script-src 'nonce-abc' 'nonce-n0nce'", ["script-src"]),
        (
            "script-src 'strict-dynamic' 'self' 'sha256-x'",
            "script-src 'strict-dynamic' 'self' 'sha256-x' 'nonce-n0nce'",
            ["script-src"],
        ),
        (
            "script-src 'self'; script-src-elem x.example",
            f"script-src 'self'; script-src-elem x.example {URL}",
            ["script-src-elem"],
        ),
        (
            "default-src 'none'; style-src 'self'",
            f"default-src 'none'; style-src 'self'; script-src-elem {URL}; connect-src {LAB}",
            ["script-src-elem", "connect-src"],
        ),
        ("default-src 'self'", f"default-src 'self'; connect-src 'self' {LAB}", ["connect-src"]),
        ("connect-src 'none'", f"connect-src {LAB}", ["connect-src"]),
        ("connect-src *", "connect-src *", []),
        ("frame-ancestors 'none'", "", ["frame-ancestors"]),
        (
            "img-src a; Frame-Ancestors b;; upgrade-insecure-requests",
            "img-src a",
            ["frame-ancestors", "upgrade-insecure-requests"],
        ),
        ("img-src a, frame-ancestors b", "img-src a", ["frame-ancestors"]),
        ("script-src 'none'; script-src *", f"script-src {URL}", ["script-src"]),
    ],
)
def test_the_least_is_added_and_taken_out(policy: str, becomes: str, told: list[str]) -> None:
    assert adapt(policy, NEEDS) == (becomes, told)


def test_without_a_script_nothing_is_added() -> None:
    assert adapt("default-src 'none'; frame-ancestors 'self'", Needs()) == (
        "default-src 'none'",
        ["frame-ancestors"],
    )
