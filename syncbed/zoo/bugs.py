"""The planted bugs, by name. Each was somebody's real bug once; each patch is as small as it can be."""

from __future__ import annotations

from .bug import Bug, Patch

RESEND_AS_NEW = Bug(
    "resend-as-new",
    "A create is sent again as a new one",
    "When the answer to a create is lost, the SDK sends it again with a fresh mutation id and a fresh item "
    "id. The server cannot know that it has it already: what was ordered once is there twice.",
    "no_duplicate",
    (
        Patch(
            "sdk/outbox.js",
            "        if (kind === 'unsettled') {\n",
            """        if (kind === 'unsettled') {
          if (entry.op === 'create') {
            await store.change((profile) => again(profile, entry, { id: crypto.randomUUID() }));
            tell({ kind: 'changed', url });
          }
""",
        ),
    ),
)

ZOMBIE_RECONNECT = Bug(
    "zombie-reconnect",
    "It reconnects after disconnect()",
    "disconnect() leaves the old socket's close listener attached. When the socket has closed, the SDK takes "
    "that for a loss and reconnects, though it was told to stay away.",
    "no_ghost",
    (
        Patch(
            "sdk/connection.js",
            "current = false;",
            "current = phase === 'idle';",
        ),
        Patch(
            "sdk/transitions.js",
            "idle: { connect: 'connecting' },",
            "idle: { connect: 'connecting', closed: 'waiting' },",
        ),
    ),
)

REFETCH_OVERWRITES_PENDING = Bug(
    "refetch-overwrites-pending",
    "A refetch takes back what is pending",
    "A snapshot replaces the list as it is, without the pending mutations laid over it. What was just "
    "written vanishes from the page, and comes back when the server confirms it: it flickers.",
    "no_flicker",
    (
        Patch(
            "sdk/collection.js",
            "changed({ why: 'snapshot', reason });",
            "shown = replay(base.items().values(), []);\n      changes.tell({ why: 'snapshot', reason });",
        ),
    ),
)

ZOO: dict[str, Bug] = {bug.name: bug for bug in (RESEND_AS_NEW, ZOMBIE_RECONNECT, REFETCH_OVERWRITES_PENDING)}
