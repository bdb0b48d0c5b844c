"""Modules as one script: in the order of their need, without copies, and nothing that is not understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncbed.report import page
from syncbed.report.modules import ModuleError, bundle
from syncbed.world.reference import reference_root


def write(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name.replace('_', '-')}.js").write_text(text)
    return folder / "main.js"


def test_a_module_stands_after_what_it_needs(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        main="import { two as second } from './in-between.js';\nexport const three = second + 1;\n",
        in_between="import { one } from './first.js';\nexport const two = one + 1;\n",
        first="const own = 1;\nexport const one = own;\n",
    )
    assert bundle(entry).splitlines() == [
        "const $first = (() => {",
        "const own = 1;",
        "const one = own;",
        "return { one };",
        "})();",
        "const $in_between = (() => {",
        "const { one } = $first;",
        "const two = one + 1;",
        "return { two };",
        "})();",
        "const $main = (() => {",
        "const { two: second } = $in_between;",
        "const three = second + 1;",
        "return { three };",
        "})();",
        "const $modules = $main;",
    ]


def test_comments_and_types_are_left_out_and_texts_are_not(tmp_path: Path) -> None:
    why = "/** Why.\n * @typedef {import('./b.js').B} B */\n// and more\n"
    code = f"{why}export const a = /** @type {{any}} */ ('// a');\n"
    assert "const a = ('// a');" in bundle(write(tmp_path, main=code))
    assert "import" not in bundle(write(tmp_path, main=code))


@pytest.mark.parametrize(
    "line",
    [
        "import * as all from './b.js';",
        "import './b.js';",
        "import { a } from 'https://example.test/b.js';",
        "export default 1;",
        "export function f() {}",
        "export { a } from './b.js';",
        "const b = await import('./b.js');",
        "const here = import.meta.url;",
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(ModuleError, match=r"main\.js: line 2 of its code is not understood"):
        bundle(write(tmp_path, main=f"const a = 1;\n{line}\n", b="export const b = 1;\n"))


def test_modules_that_need_each_other_are_refused(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        main="import { b } from './b.js';\nexport const a = 1;\n",
        b="import { a } from './main.js';\nexport const b = 1;\n",
    )
    with pytest.raises(ModuleError, match="needs itself"):
        bundle(entry)


def test_the_report_takes_every_module_of_the_diagram_as_it_is_now() -> None:
    """Nothing is copied, so nothing goes stale. What is left out is for the lab's page alone."""
    entry = reference_root() / page.DIAGRAM
    script = bundle(entry)
    missing = {
        file.stem for file in entry.parent.glob("*.js") if f"const ${file.stem} = (() => {{" not in script
    }
    assert missing == {"table"}
