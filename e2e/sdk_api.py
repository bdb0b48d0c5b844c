"""The SDK's public names twice: as the code has them, and as docs/sdk.md tells them.

Both are a dict from a place, as `The client: option`, to the names that are there. The code's come from what
Chromium finds on the live objects and from the JSDoc of options, hooks and changes, which `tsc` checks; the
page's from the first column of its tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page

Api = dict[str, set[str]]

REFLECT = """async (entries) => {
    const exported = {};
    for (const entry of entries) Object.assign(exported, await import(entry));
    const { BroadcastClient, createCollection, RoomsClient, RpcClient, StateClient } = exported;
    const members = (instance) => [
      ...Object.getOwnPropertyNames(Object.getPrototypeOf(instance)), ...Object.keys(instance),
    ].filter((name) => name !== 'constructor');
    const client = new BroadcastClient('/ws/broadcast');
    const collection = createCollection({ name: 'api', client });
    const write = collection.create({ id: 'one' });
    await write.local;
    const found = {
      'The SDK: export': Object.keys(exported),
      'The client: member': members(client).filter((name) => name !== 'parts'),
      'The client: of a status': Object.keys(client.status),
      'The collection: member': Object.keys(collection),
      'The collection: of a write': Object.keys(write),
      'The collection: of a status': Object.keys(collection.status()),
      'The collection: of a pending one': Object.keys(collection.pending()[0]),
      'Rooms: member': members(new RoomsClient('/ws/rooms')),
      'RPC: member': members(new RpcClient('/ws/mq')),
      'State: member': members(new StateClient('/ws/state', { getToken: () => '' })),
    };
    collection.close();
    client.close();
    return found;
}"""
"""`parts` is what the collection takes from its client, and nobody else's."""


def of_code(page: Page, sdk: Path) -> Api:
    """`page` is on the server's origin."""
    found = {place: set(names) for place, names in page.evaluate(REFLECT, entries(sdk)).items()}
    texts = {path.stem: path.read_text("utf-8") for path in sdk.glob("*.js")}
    found["The client: option"] = set(typedef(texts["options"], "ClientOptions"))
    found["The client: hook"] = set(typedef(texts["channels"], "SubscribeHooks"))
    found["The collection: option"] = set(typedef(texts["collection"], "CollectionOptions"))
    [change] = re.findall(r"@typedef \{\{why: ([^,]+),", texts["collection"])
    found["The collection: why"] = set(re.findall(r"'([\w-]+)'", change))
    found["RPC: option"] = set(re.findall(r"ClientOptions & \{(\w+)\?:", texts["rpc-client"]))
    found["RPC: reason"] = set(re.findall(r"'([\w-]+)'", rpc_reasons(texts["calls"])))
    found["State: option"] = set(re.findall(r"ClientOptions & \{(\w+):", texts["state-client"]))
    return found


def rpc_reasons(text: str) -> str:
    [reasons] = re.findall(r"@typedef \{([^}]+)\} RpcReason", text)
    return str(reasons)


def entries(sdk: Path) -> list[str]:
    """The modules that one imports: those that do nothing but hand on what others export."""
    return [
        f"/static/sdk/{path.name}" for path in sorted(sdk.glob("*.js")) if is_entry(path.read_text("utf-8"))
    ]


def is_entry(text: str) -> bool:
    return all(line.startswith("export {") for line in text.splitlines() if line)


def typedef(text: str, name: str) -> list[str]:
    """The properties of a typedef that has a line for each."""
    [body] = re.findall(rf"@typedef \{{object\}} {name}\n(.*?)\*/", text, re.DOTALL)
    return re.findall(r"@property \{.+?\} \[?(\w+)", body)


def of_page(text: str) -> Api:
    found: Api = {}
    for section, place, names in tables(text):
        found.setdefault(f"{section}: {place}", set()).update(names)
    return found


def tables(text: str) -> Iterator[tuple[str, str, set[str]]]:
    """Each table's section, the title of its first column, and the names in that column."""
    section, place = "", ""
    for line in text.splitlines():
        if line.startswith(("# ", "## ")):
            section = line.lstrip("# ")
        if not line.startswith("|"):
            place = ""
        elif not place:
            place = line.split("|")[1].strip()
        else:
            yield section, place, set(re.findall(r"`([\w-]+)", line.split("|")[1]))
