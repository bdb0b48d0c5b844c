"""The lab's diagram with a long trace: how much main-thread work does a frame cost while somebody reads?

A made-up run of 10,000 records (lab_story.py) is drawn in Chromium. Then, a step in each frame:

  scrolling   the wheel, 120 px a frame
  jumping     the scroll bar dragged: anywhere, each frame
  scrubbing   the cursor over the whole run, with the convergence table read at each place
  stepping    J held down
  arriving    16 rows a frame, drawn at the end, as in a live run

Work is what Chromium's own trace says: the sum of the main thread's tasks (script, style, layout, paint and
all else) from the beginning of one frame to that of the next. The CPU time of the thread is what counts, for
a machine that does other things as well would else be measured instead; the wall time stands beside it.

    scripts/bench lab [--records 10000] [--frames 600] [--json]
"""

from __future__ import annotations

import argparse
import json
import mimetypes
import os
import statistics
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from playwright.sync_api import Browser, Page, Route, sync_playwright

from bench.lab_story import long_story
from syncbed.report.rows import rows
from syncbed.world.chromium import launch_options
from syncbed.world.reference import reference_root

TARGET_MS = 8.0
ORIGIN = "http://lab.test"
CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "blink.user_timing"]
PAGE = """<!doctype html><meta charset="utf-8"><title>bench</title>
<style>html, body, #diagram { margin: 0; height: 100%; }</style><div id="diagram"></div>"""
SET_UP = """async ([rows, part]) => {
    const { createDiagram } = await import('/static/lab/diagram/diagram.js');
    const { createTable } = await import('/static/lab/diagram/table.js');
    const table = createTable();
    const began = performance.now();
    const diagram = createDiagram(document.getElementById('diagram'));
    diagram.reset(rows[0][5]);
    diagram.append(rows);
    table.append(rows);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const drawn = performance.now();
    const scroller = document.querySelector('.sd-scroller');
    const pick = (n) => (n * 7919) % rows.length;  // anywhere, and the same each time
    let live = null;
    const steps = {
        scrolling: (n) => { scroller.scrollTop = n * 120; },
        jumping: (n) => { scroller.scrollTop = (pick(n) / rows.length) * scroller.scrollHeight; },
        scrubbing: (n, all) => {
            const i = Math.floor((n / all) * (rows.length - 1));
            diagram.setCursor(i);
            table.at(i);
        },
        stepping: () => diagram.next('event'),
        arriving: (n) => {
            if (n === 0) diagram.reset(rows[0][5]);
            diagram.append(rows.slice(n * 16, n * 16 + 16));
        },
    };
    globalThis.play = (name, frames) => new Promise((done) => {
        let n = 0;
        let most = 0;
        const frame = () => {
            if (n === frames) { performance.mark('played'); done(most); return; }
            if (n === 0) performance.mark('play');
            steps[name](n, frames);
            if (n % 20 === 0) most = Math.max(most, document.querySelectorAll('.sd *').length);
            n += 1;
            requestAnimationFrame(frame);
        };
        diagram.setCursor(null);
        diagram.setCursor(0);
        scroller.scrollTop = 0;
        requestAnimationFrame(() => requestAnimationFrame(frame));
    });
    return drawn - began;
}"""


@dataclass
class Measured:
    name: str
    frames: int
    cpu_p50_ms: float
    cpu_p99_ms: float
    cpu_most_ms: float
    wall_p50_ms: float
    wall_p99_ms: float
    elements_most: int


def serve(route: Route) -> None:
    path = route.request.url.removeprefix(ORIGIN)
    file = reference_root() / path.lstrip("/")
    if path.startswith("/static/") and file.is_file():
        route.fulfill(path=file, content_type=mimetypes.guess_type(file.name)[0] or "text/plain")
    else:
        route.fulfill(body=PAGE, content_type="text/html")


def play(browser: Browser, page: Page, name: str, frames: int) -> Measured:
    browser.start_tracing(page=page, categories=CATEGORIES)
    elements = page.evaluate("([name, frames]) => play(name, frames)", [name, frames])
    work = per_frame(json.loads(browser.stop_tracing())["traceEvents"])
    cpu, wall = sorted(each[0] for each in work), sorted(each[1] for each in work)
    return Measured(
        name,
        len(work),
        round(statistics.median(cpu), 2),
        round(cpu[int(len(cpu) * 0.99)], 2),
        round(cpu[-1], 2),
        round(statistics.median(wall), 2),
        round(wall[int(len(wall) * 0.99)], 2),
        elements,
    )


def per_frame(events: list[dict[str, Any]]) -> list[tuple[float, float]]:
    """(CPU, wall) ms of the main thread's tasks, frame by frame, between the marks of the play."""
    marks = {event["name"]: event for event in events if event["name"] in ("play", "played")}
    first, last = marks["play"], marks["played"]
    thread = (first["pid"], first["tid"])
    own = [event for event in events if (event.get("pid"), event.get("tid")) == thread]
    begun = sorted(
        event["ts"]
        for event in own
        if (event["name"], event["ph"]) == ("AnimationFrame", "b")
        and first["ts"] <= event["ts"] <= last["ts"]
    )
    # A frame's own task begins before it says so.
    tasks = sorted(
        (event["ts"] + event["dur"], event.get("tdur", event["dur"]), event["dur"])
        for event in own
        if (event["name"], event["ph"]) == ("RunTask", "X")
    )
    found = []
    at = 0
    for start, end in pairwise(begun):
        while at < len(tasks) and tasks[at][0] <= start:
            at += 1
        cpu = wall = 0.0
        while at < len(tasks) and tasks[at][0] <= end:
            cpu += tasks[at][1] / 1000
            wall += tasks[at][2] / 1000
            at += 1
        found.append((cpu, wall))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench lab", description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(playwright.chromium))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.route("**/*", serve)
        page.goto(ORIGIN)
        drawn_ms = page.evaluate(SET_UP, [rows(long_story(given.records)), ""])
        plays = ("scrolling", "jumping", "scrubbing", "stepping", "arriving")
        measured = [play(browser, page, name, given.frames) for name in plays]
        version = browser.version
        browser.close()
    if given.json:
        figures = [asdict(each) for each in measured]
        print(json.dumps({"records": given.records, "drawn_ms": drawn_ms, "plays": figures}))
        return
    load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"{given.records} records in Chromium {version}, first drawn in {drawn_ms:.0f} ms, {load}")
    print("main-thread work per frame, ms       CPU p50    p99   most   wall p50    p99   elements")
    for each in measured:
        verdict = "" if each.cpu_p99_ms < TARGET_MS else f"   over {TARGET_MS:g} ms"
        print(
            f"  {each.name:<11} {each.frames:>5} frames {each.cpu_p50_ms:>15.2f} {each.cpu_p99_ms:>6.2f} "
            f"{each.cpu_most_ms:>6.2f} {each.wall_p50_ms:>10.2f} {each.wall_p99_ms:>6.2f} "
            f"{each.elements_most:>10}{verdict}"
        )


if __name__ == "__main__":
    main()
