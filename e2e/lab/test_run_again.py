"""Run again to a place in the middle of a step that waits: it stops there, and nothing after it was sent."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from e2e.lab.lab import SLOWLY_MS, LabPage, LabProcess

TITLE = "The order is there twice"
AGAIN = "alice/1 POST /api/orders mutation 2 #1 up"
# Another page of the lab: what it is told of the trace, and what it is answered.
TALK = """([url, name, about]) => new Promise((resolve) => {
  const socket = new WebSocket(url), rows = [];
  let asked = false;
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === 'reset') rows.length = 0;
    if (message.type === 'records') rows.push(...message.records.map((row) => [row[0], row[3], row[5]]));
    if (message.type === 'state' && !name) resolve({ rows, state: message });
    if (message.type === 'state' && name && !asked) {
      asked = true;
      socket.send(JSON.stringify({ ...about, id: 1, do: name }));
    }
    if (message.type === 'answer') resolve(message);
    if (message.type === (name ? 'answer' : 'state')) socket.close();
  };
})"""


def talk(lab: LabPage, process: LabProcess, name: str = "", **about: Any) -> Any:
    url = process.url.replace("http://", "ws://").replace("/?", "/live?")
    return lab.page.evaluate(TALK, [url, name, about])


def test_it_stops_in_the_middle_of_a_settle(lab: LabPage, lab_process: LabProcess) -> None:
    lab.page.locator("#gallery").click()
    lab.page.get_by_role("button", name=f"open {TITLE}", exact=True).click()
    expect(lab.hint).to_contain_text("Press X", timeout=SLOWLY_MS)
    lab.press("x")
    expect(lab.verdict).to_have_text("violated", timeout=SLOWLY_MS)
    rows = talk(lab, lab_process)["rows"]
    sent = next(i for i, kind, rest in rows if kind == "frame" and rest["message"] == AGAIN)
    last = max(row[0] for row in rows[:sent] if row[1] == "step")
    assert rows[last][2]["does"]["do"] == "settle", "it is sent again while the script waits"
    answer = talk(lab, lab_process, "run_to", record=sent - 1)
    assert answer["value"]["there"], answer
    lab.is_held()
    frames = [rest for _, kind, rest in talk(lab, lab_process)["rows"] if kind == "frame"]
    assert not [each for each in frames if each["message"] == AGAIN and each["did"] == "delivered"]
    expect(lab.items("bob/1").filter(has_text="2 × flat white")).to_have_count(1)
    # Her own copy, which the bug has made another order, waits beside the one that the server has.
    expect(lab.items("alice/1").filter(has_text="2 × flat white")).to_have_count(2)
