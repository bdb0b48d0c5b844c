"""Content-Security-Policy, so that a document may load the pane script and be shown in a pane. Pure.

Adds the least that is needed and takes out the least that is in the way: everything else of a policy
stays, in its order.
"""

from collections.abc import Callable
from dataclasses import dataclass

SCRIPT = ("script-src-elem", "script-src", "default-src")
CONNECT = ("connect-src", "default-src")
# Who may frame it, and https for what the wire serves by http.
IN_THE_WAY = ("frame-ancestors", "upgrade-insecure-requests")


@dataclass(frozen=True, slots=True)
class Needs:
    """What a document must be allowed: one script by its URL or nonce, and some connections."""

    script: str = ""
    nonce: str = ""
    connect: tuple[str, ...] = ()


SourcesFor = Callable[[list[str], Needs], list[str]]


def adapt(value: str, needs: Needs) -> tuple[str, list[str]]:
    """The header's value as the browser gets it ("" if nothing is left), and what was changed."""
    told: list[str] = []
    policies = [_adapt(policy, needs, told) for policy in value.split(",")]
    return ", ".join(filter(None, policies)), list(dict.fromkeys(told))


def _adapt(policy: str, needs: Needs, told: list[str]) -> str:
    directives: dict[str, list[str]] = {}
    for directive in policy.split(";"):
        name, *sources = directive.split() or [""]
        if name and name.lower() not in directives:  # the first of a name counts
            directives[name.lower()] = sources
    for name in IN_THE_WAY:
        if directives.pop(name, None) is not None:
            told.append(name)
    if needs.script:
        _allow(directives, SCRIPT, _script_sources, needs, told)
    if needs.connect:
        _allow(directives, CONNECT, _connect_sources, needs, told)
    return "; ".join(" ".join([name, *sources]) for name, sources in directives.items())


def _allow(
    directives: dict[str, list[str]],
    chain: tuple[str, ...],
    wanted: SourcesFor,
    needs: Needs,
    told: list[str],
) -> None:
    """Let the first directive of `chain` that is there allow it; what `default-src` said stays so."""
    found = next((name for name in chain if name in directives), None)
    if found is None:
        return
    sources = directives[found]
    if more := wanted(sources, needs):
        target = chain[0] if found == "default-src" else found
        directives[target] = [*(source for source in sources if source.lower() != "'none'"), *more]
        told.append(target)


def _script_sources(sources: list[str], needs: Needs) -> list[str]:
    lower = [source.lower() for source in sources]
    if "'strict-dynamic'" not in lower and ("'self'" in lower or "*" in lower):
        return []
    # A nonce would switch 'unsafe-inline' off, unless another nonce or hash did so already.
    strict = any(source.startswith(("'nonce-", "'sha", "'strict-dynamic'")) for source in lower)
    return [f"'nonce-{needs.nonce}'"] if strict else [needs.script]


def _connect_sources(sources: list[str], needs: Needs) -> list[str]:
    return [] if "*" in sources else [source for source in needs.connect if source not in sources]
