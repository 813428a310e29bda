"""What the guide and README.md show is done on the real system, and shows what they promise."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.cluster.world import RunningSystem
from tests.guide.fences import blocks_of
from tests.guide.reader import PAGES, ROOT, Reader

pytestmark = pytest.mark.cluster


BLOCKS = {page: blocks_of(page.read_text()) for page in PAGES}
DONE = [page for page in PAGES if any(not block.reason for block in BLOCKS[page])]


@pytest.mark.parametrize("page", DONE, ids=lambda page: str(page.relative_to(ROOT)))
async def test_the_page_does_what_it_says(
    page: Path, system: RunningSystem, browser: Browser, tmp_path: Path
) -> None:
    await Reader(system, browser, tmp_path).read(BLOCKS[page])
