"""The SDK example in the README is run as it stands there."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from e2e.conftest import Profile
from e2e.demo_page import delete_all_orders, server_titles

README = Path(__file__).parent.parent / "README.md"


def test_the_readme_example_runs_as_it_stands(new_profile: Callable[..., Profile], base_url: str) -> None:
    delete_all_orders(base_url)
    [example] = re.findall(r"```js\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    page = new_profile().context.new_page()
    page.goto(f"{base_url}/health")
    with page.expect_console_message(lambda message: message.text == "the example is through"):
        page.add_script_tag(content=example + "\nconsole.log('the example is through');", type="module")
    assert server_titles(base_url) == ["2 × flat white"]
