# SPDX-License-Identifier: GPL-3.0-or-later
"""What axe finds on a page."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from playwright.async_api import Frame, Page

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


async def violations(page: Page | Frame, **options: Any) -> list[str]:
    """Each rule that the page breaks, with where; ``options`` are those of ``axe.run``."""
    await page.evaluate(AXE)
    found = await page.evaluate("options => axe.run(document, options)", {"resultTypes": ["violations"], **options})
    return [f"{each['id']}: {[node['html'] for node in each['nodes']]}" for each in found["violations"]]
