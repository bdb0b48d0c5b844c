"""What a driver cannot do for real, by the name that a scenario's `needs` has for it, with the reason. Data.

Apart from the drivers themselves, so that it can be asked where there is no browser.
"""

from __future__ import annotations

TABS: dict[str, str] = {}

PANES: dict[str, str] = {
    "crash": "a pane shares its renderer with others, and no page can end one",
    "freeze": "a browser freezes whole tabs, and never one that is looked at",
    "hide": "a pane is visible for as long as the lab's page is",
    "wipe_storage": "a page can only ask: databases that are in use stay, and cookies are not its to delete",
    "duplicate_tab": "panes of one origin have one session storage already: there is nothing to copy",
}
