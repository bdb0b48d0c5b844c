"""The names of the invariants that can be judged, and what each says."""

from __future__ import annotations

INVARIANTS: dict[str, str] = {
    "converges": "after heal and settle, every tab and the server show the same items",
    "no_lost_write": "an acknowledged write is in the committed log, and in the final state unless a later "
    "commit overwrote it; writes of an epoch that was declared lost are excused, no others",
    "no_duplicate": "a mutation takes effect once; an event is handed to the app once",
    "no_phantom": "a write that was refused is in nobody's final state",
    "in_order_no_gap": "events of a channel arrive with dense, rising offsets",
    "nothing_stuck": "pending returns to 0; a request settles; a subscription ends up live",
    "no_flicker": "a view never goes A, B, A through one write, unless that write was refused (then once)",
    "no_ghost": "after disconnect no socket; never two living sockets of a tab; no delivery after "
    "unsubscribe",
    "expectations": "what the scenario's expect steps say is so",
}
