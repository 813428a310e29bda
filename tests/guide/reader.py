"""A reader who does what a page of the guide says, from its first block to its last.

One folder, one shell, one Python and one tab for each page: what a block has set is there for the
next one. Only addresses are others than the page shows: those of the system that runs.
"""

import ast
import asyncio
import inspect
import io
import json
import os
import sys
import tomllib
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from pathlib import Path
from types import CodeType
from typing import Any, Final

import asyncpg
from playwright.async_api import Browser, Page

from cluster.data_dir_file import find_running
from tests.browser.framing import allow
from tests.browser.people import PATIENCE_MS, until
from tests.browser.served import served
from tests.cluster.world import PATIENCE_SECONDS, RunningSystem
from tests.guide.fences import Block, promises

ROOT: Final = Path(__file__).parents[2]
GUIDE: Final = ROOT / "docs" / "guide"
PAGES: Final = [ROOT / "README.md", *sorted(GUIDE.glob("*.md"))]
_STATE: Final = "shell.state"
_SHELL: Final = (
    f"set -eo pipefail\n[ -f {_STATE} ] && . ./{_STATE}\nset -a\n%s\nexport -p > {_STATE}"
)
_SEEN: Final = """
() => [document.body.innerText, ...document.querySelectorAll("input, textarea")]
  .map((each) => each.value ?? each).join("\\n")
"""
_MODULE: Final = (
    '<!doctype html><script type="importmap">%s</script><script type="module">%s</script>'
)


class Reader:
    def __init__(self, system: RunningSystem, browser: Browser, folder: Path) -> None:
        self._system = system
        self._browser = browser
        self._folder = folder
        self._names: dict[str, Any] = {"__name__": "guide"}  # of the page's Python
        self._script = ""  # the page's JavaScript so far
        self._shown = ""  # by the last block
        self._tab: Page | None = None
        self._faults: list[str] = []  # of the tab
        self._looks = False  # was the last block one for the tab?
        (folder / ".weft").symlink_to(system.data_dir)
        (folder / "examples").symlink_to(ROOT / "examples")

    async def read(self, blocks: list[Block]) -> None:
        """Raises AssertionError, naming the line."""
        scripts = [block for block in blocks if block.language == "js" and not block.reason]
        with served(self._folder) as url:
            for block in blocks:
                if block.reason:
                    continue
                try:
                    await self._do(block, url, is_last_script=block in scripts[-1:])
                except Exception as fault:
                    raise AssertionError(f"line {block.line}: {fault!r}") from fault
            if self._tab is not None:
                await self._tab.context.close()

    async def _do(self, block: Block, url: str, *, is_last_script: bool) -> None:
        text = self._here(block.text)
        if block.name:
            (self._folder / block.name).write_text(text)
        if block.language != "text":
            self._looks = block.language in ("html", "js")
        match block.language:
            case "text":
                await self._compare(text)
            case "json":
                json.loads(text)
            case "toml":
                tomllib.loads(text)
            case "sql":
                await self._query(text)
            case "sh":
                await self._command(text)
            case "html":
                await self._open(url, block.name)
            case "python" if not block.name:
                await self._python(text, block.line)
            case "js":
                self._script += text
                if is_last_script:
                    await self._run_script(url)

    def _here(self, text: str) -> str:
        ready = self._system.ready
        real = (ready["ws"], ready["http"], ready["ray_dashboard"])
        shown = ("ws://127.0.0.1:8765", "http://127.0.0.1:8766", "http://127.0.0.1:8265")
        for stated, address in zip(shown, real, strict=True):
            text = text.replace(stated, address)
        return text

    async def _command(self, script: str) -> None:
        around = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", _SHELL % script, cwd=self._folder, env=around,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        async with asyncio.timeout(PATIENCE_SECONDS):
            said, _ = await process.communicate()
        self._shown = said.decode()
        assert process.returncode == 0, self._shown

    async def _python(self, source: str, line: int) -> None:
        """As `python -m asyncio` would, with what the shell has set in the environment."""
        code = compile(source, f"line {line}", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        said = io.StringIO()
        with redirect_stdout(said), self._environment(), chdir(self._folder):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await _evaluated(code, self._names)
        self._shown = said.getvalue()

    async def _query(self, statements: str) -> None:
        connection = await asyncpg.connect(self._postgres_url())
        try:
            await connection.execute(statements)
        finally:
            await connection.close()

    def _postgres_url(self) -> str:
        running = find_running(self._system.data_dir)
        assert running is not None
        return running.postgres_url

    # --- a browser ------------------------------------------------------------------------------

    async def _open(self, url: str, name: str) -> None:
        """With token and dashboard behind the #, as the shell has set them."""
        self._shown = ""
        given = self._set()
        where = f"#token={given.get('TOKEN', '')}&dashboard={given.get('DASHBOARD', '')}"
        if self._tab is None:
            self._tab = await self._new_tab(url)
        await self._tab.goto(f"{url}/{name}{where}")
        assert self._faults == []

    async def _run_script(self, url: str) -> None:
        imports = {"imports": {"@weft/client": f"{self._system.ready['http']}/weft.js"}}
        done = f"{self._script}\ndocument.title = 'done';"
        (self._folder / "script.html").write_text(_MODULE % (json.dumps(imports), done))
        await self._open(url, "script.html")
        assert self._tab is not None
        await self._tab.wait_for_function("document.title === 'done'")

    async def _new_tab(self, url: str) -> Page:
        """The pages of `url` may frame the live app, and their backend hands out the token."""
        context = await self._browser.new_context()
        context.set_default_timeout(PATIENCE_MS)
        tab = await context.new_page()
        tab.on("pageerror", lambda error: self._faults.append(str(error)))
        tab.on("console", lambda said: self._hear(said.text))
        await allow(tab, self._system.ready["http"], url)
        await tab.route(f"{url}/weft-token", lambda route: route.fulfill(body=self._set()["TOKEN"]))
        return tab

    def _hear(self, line: str) -> None:
        self._shown += f"{line}\n"

    async def _compare(self, promised: str) -> None:
        tab = self._tab
        if tab is None or not self._looks:
            assert promises(self._shown, promised), f"{self._shown!r} instead of {promised!r}"
            return

        async def is_kept() -> bool:
            seen = "\n".join([await frame.evaluate(_SEEN) for frame in tab.frames])
            return promises(self._shown, promised) or promises(seen, promised)

        await until(is_kept, f"{promised!r} is shown, but {self._shown!r}")

    # --- what the shell has set -----------------------------------------------------------------

    def _set(self) -> dict[str, str]:
        path = self._folder / _STATE
        lines = path.read_text().splitlines() if path.exists() else []
        pairs = (line.removeprefix("declare -x ").partition("=") for line in lines)
        return {name: value.strip('"') for name, is_set, value in pairs if is_set}

    @contextmanager
    def _environment(self) -> Iterator[None]:
        new = {name: value for name, value in self._set().items() if name not in os.environ}
        os.environ.update(new)
        try:
            yield
        finally:
            for name in new:
                del os.environ[name]


async def _evaluated(code: CodeType, names: dict[str, Any]) -> None:
    found = eval(code, names)
    if inspect.isawaitable(found):
        await found
