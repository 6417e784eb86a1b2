# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames and elements in a real Chromium, on pages of another origin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, FrameLocator, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from graph.web.embedding import SCRIPT
from graph.web.oembed import frame
from tests.browser.accessible import violations
from tests.browser.conftest import LOUD, eventually
from tests.web.hostile_texts import HOSTILE
from tests.web.publics import SLUG, Public, serving_public
from tests.web.serving import serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOME = "http://graph.example"
STRICT = "default-src 'none'; script-src {0} 'nonce-host'; connect-src {0}; frame-src {0}; img-src {0} data:"
"""The policy of a host that allows our service what it needs and nothing else: no style of ours is inline."""


class Host:
    """A page of another origin with a body that a test chooses."""

    def __init__(self, ours: str, theirs: str, public: Public) -> None:
        self.ours = ours
        self.theirs = theirs
        self.public = public
        self.body = ""

    def shows(self, body: str) -> None:
        """Put this onto the page."""
        self.body = body

    def element(self, query: str = "", inner: str = "No numbers here") -> str:
        """The element of a program, with its script."""
        return (
            f'<script async src="{self.ours}{SCRIPT}"></script>'
            f'<programs-graph-stats src="{self.ours}/embed/program/{SLUG}{query}">{inner}</programs-graph-stats>'
        )


@pytest_asyncio.fixture(loop_scope="module")
async def host() -> AsyncIterator[Host]:
    public = Public()
    hosts: list[Host] = []

    async def page(_request: Request) -> HTMLResponse:
        policy = STRICT.format(hosts[0].ours)
        head = "<!doctype html><html lang=en><title>A museum</title><link rel=icon href='data:,'>"
        return HTMLResponse(head + hosts[0].body, headers={"content-security-policy": policy})

    async with (
        serving_public(public, HOME) as ours,
        serving(Starlette(routes=[Route("/", page)])) as theirs,
    ):
        hosts.append(Host(ours, theirs, public))
        yield hosts[0]


@asynccontextmanager
async def visiting(
    browser: Browser, url: str, *, expecting: tuple[str, ...] = (), **context: Any
) -> AsyncIterator[Page]:
    """Open a page; afterwards there is no complaint, no cookie, and nobody else was asked."""
    window = await browser.new_context(**{"locale": "en-GB", "timezone_id": "UTC", **context})
    page = await window.new_page()
    complaints: list[str] = []
    requests: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type in LOUD else None)
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("request", lambda request: requests.append(request.url))
    page.set_default_timeout(15_000)
    await page.goto(url)
    yield page
    assert await cookies(window) == []
    await window.close()
    assert [text for text in complaints if not any(each in text for each in expecting)] == []
    assert [each for each in requests if not each.startswith(("http://127.0.0.1:", "data:"))] == []


async def cookies(window: BrowserContext) -> list[Any]:
    return list(await window.cookies())


def shadow(page: Page, script: str) -> Any:
    """What a script finds in the closed shadow ``box``, which a test opened by hand."""
    return page.evaluate(f"() => {{ const box = window.shadows[0]; return {script}; }}")


OPEN_SHADOWS = """
window.shadows = [];
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) {
  const root = attach.call(this, options);
  window.shadows.push(root);
  return root;
};
"""


def numbers_of(frame: FrameLocator) -> Any:
    return frame.locator('[data-number="totalEdits"] dd')


async def test_a_frame_on_another_site_is_live(browser: Browser, host: Host) -> None:
    host.shows(str(frame(f"{host.ours}/embed/program/{SLUG}", "Numbers")))
    async with visiting(browser, host.theirs) as page:
        embedded = page.frame_locator("iframe")
        await expect(numbers_of(embedded)).to_have_text("1,204")
        await expect(embedded.locator(".state")).to_have_text("live")
        host.public.count(totalEdits=1205)
        await expect(numbers_of(embedded)).to_have_text("1,205")
        await expect(embedded.locator(".as-of")).to_have_text("as of 22 Nov 2026 18:30 UTC")


async def test_a_frame_needs_no_script(browser: Browser, host: Host) -> None:
    host.shows(str(frame(f"{host.ours}/embed/program/{SLUG}?lang=fr", "Numbers")))
    async with visiting(browser, host.theirs, java_script_enabled=False) as page:
        embedded = page.frame_locator("iframe")
        await expect(numbers_of(embedded)).to_have_text("1\u202f204")
        await expect(embedded.locator(".state")).to_be_empty()


async def test_other_pages_of_ours_are_not_framed(browser: Browser, host: Host) -> None:
    host.shows(f'<iframe src="{host.ours}/card/program/{SLUG}.svg" title="x"></iframe>')
    async with visiting(browser, host.theirs, expecting=("frame-ancestors", "X-Frame", "Framing")) as page:
        assert "chrome-error" in page.frames[1].url


async def test_an_element_on_another_site_is_live(browser: Browser, host: Host) -> None:
    host.shows(f"<script nonce=host>{OPEN_SHADOWS}</script>{host.element()}")
    async with visiting(browser, host.theirs) as page:
        await page.wait_for_function("() => window.shadows[0]?.querySelector('.state')?.textContent === 'live'")
        assert await shadow(page, "box.querySelector('[data-number=totalEdits] dd').textContent") == "1,204"
        assert await shadow(page, "box.querySelector('bdi').textContent") == "Night at the Museum"
        assert await shadow(page, "getComputedStyle(box.querySelector('.title')).fontWeight") == "700"
        assert await page.evaluate("() => document.querySelector('programs-graph-stats').shadowRoot") is None
        host.public.count(totalEdits=1300)
        await page.wait_for_function(
            "() => window.shadows[0].querySelector('[data-number=totalEdits] dd').textContent === '1,300'"
        )
        assert await page.evaluate("() => Object.keys(window).filter((name) => /graph|stats/i.test(name))") == []


async def test_what_stands_in_an_element_is_shown_without_a_script(browser: Browser, host: Host) -> None:
    host.shows(host.element(inner='<a href="#">Night at the Museum</a>'))
    async with visiting(browser, host.theirs, java_script_enabled=False) as page:
        await expect(page.get_by_role("link")).to_be_visible()


async def test_what_is_not_public_any_more_is_taken_off(browser: Browser, host: Host) -> None:
    host.shows(
        f"<script nonce=host>{OPEN_SHADOWS}</script>{host.element(inner='No numbers')}"
        f"{frame(f'{host.ours}/embed/program/{SLUG}', 'Numbers')}"
    )
    async with visiting(browser, host.theirs, expecting=("404",)) as page:
        embedded = page.frame_locator("iframe")
        await expect(embedded.locator(".state")).to_have_text("live")
        await page.wait_for_function("() => window.shadows[0]?.querySelector('.state')?.textContent === 'live'")
        host.public.withdraw()
        await expect(embedded.locator("main")).to_have_text("There is nothing here", timeout=20_000)
        await page.wait_for_function("() => !window.shadows[0].querySelector('.box')")
        await expect(page.get_by_text("No numbers")).to_be_visible()


async def test_a_service_without_streams_is_asked_instead(browser: Browser, host: Host) -> None:
    host.public.full = True
    host.shows(str(frame(f"{host.ours}/embed/program/{SLUG}", "Numbers")))
    async with visiting(browser, host.theirs, expecting=("400", "503")) as page:
        await expect(numbers_of(page.frame_locator("iframe"))).to_have_text("1,204")
        await eventually(lambda: len(host.public.asked) >= 3)
        await expect(page.frame_locator("iframe").locator(".state")).to_be_empty()
        assert host.public.begun == 0


async def test_more_elements_than_a_browser_has_connections_all_show_numbers(browser: Browser, host: Host) -> None:
    host.shows(f"<script nonce=host>{OPEN_SHADOWS}</script>" + host.element() * 8)
    async with visiting(browser, host.theirs) as page:
        await page.wait_for_function(
            "() => window.shadows.length === 8"
            " && window.shadows.every((box) => box.querySelector('dd')?.textContent === '1,204')"
        )
        await eventually(lambda: host.public.followers == 3)


async def test_a_hidden_page_follows_nothing(browser: Browser, host: Host) -> None:
    host.shows(host.element())
    async with visiting(browser, host.theirs) as page:
        await eventually(lambda: host.public.followers == 1)
        await page.evaluate(
            "() => { Object.defineProperty(document, 'hidden', { value: true, configurable: true });"
            " document.dispatchEvent(new Event('visibilitychange')); }"
        )
        await eventually(lambda: host.public.followers == 0)
        await page.evaluate("() => { delete document.hidden; document.dispatchEvent(new Event('visibilitychange')); }")
        await eventually(lambda: host.public.followers == 1)


async def test_an_element_that_is_taken_off_follows_nothing(browser: Browser, host: Host) -> None:
    host.shows(host.element())
    async with visiting(browser, host.theirs) as page:
        await eventually(lambda: host.public.followers == 1)
        await page.evaluate("() => document.querySelector('programs-graph-stats').remove()")
        await eventually(lambda: host.public.followers == 0)


async def test_messages_of_the_host_are_ignored_and_none_is_sent(browser: Browser, host: Host) -> None:
    script = """
        window.heard = [];
        addEventListener("message", (event) => window.heard.push(event.data));
        function flood() {
          const target = document.querySelector("iframe").contentWindow;
          for (let i = 0; i < 1000; i++) target.postMessage({ type: "resize", height: 1e9, totalEdits: 7, i }, "*");
        }
    """
    host.shows(f"<script nonce=host>{script}</script>{frame(f'{host.ours}/embed/program/{SLUG}', 'Numbers')}")
    async with visiting(browser, host.theirs) as page:
        embedded = page.frame_locator("iframe")
        await expect(embedded.locator(".state")).to_have_text("live")
        await page.evaluate("() => flood()")
        host.public.count(totalEdits=1206)
        await expect(numbers_of(embedded)).to_have_text("1,206")
        assert await page.evaluate("() => window.heard") == []
        assert (await page.locator("iframe").bounding_box() or {})["height"] == 220


async def test_hostile_titles_are_text_in_frames_and_elements(browser: Browser, host: Host) -> None:
    host.shows(f"<script nonce=host>{OPEN_SHADOWS}</script>{host.element()}")
    async with visiting(browser, host.theirs) as page:
        for title in HOSTILE:
            host.public.title = title
            await page.goto(host.theirs)
            await page.wait_for_function("() => window.shadows[0]?.querySelector('.state')?.textContent === 'live'")
            assert await shadow(page, "box.querySelectorAll('img, svg, script, b, iframe').length") == 0
            box = await shadow(page, "[box.querySelector('.box').scrollWidth, box.querySelector('.box').clientWidth]")
            assert box[0] <= box[1]
            await page.goto(f"{host.ours}/embed/program/{SLUG}")
            assert await page.locator("img, svg, script:not([src]), b, iframe").count() == 0
            assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
            await page.goto(f"{host.ours}/card/program/{SLUG}.svg")
            assert await page.evaluate("() => document.documentElement.nodeName") == "svg"


@pytest.mark.parametrize("query", ["?theme=light", "?theme=dark", "?lang=ar&theme=dark"])
@pytest.mark.parametrize("width", [160, 320, 1200])
async def test_a_frame_keeps_nobody_out(browser: Browser, host: Host, query: str, width: int) -> None:
    viewport = {"width": width, "height": 260}
    async with visiting(browser, f"{host.ours}/embed/program/{SLUG}{query}", viewport=viewport) as page:
        await expect(page.locator(".state")).not_to_be_empty()
        assert await violations(page) == []
        assert await page.evaluate("() => document.documentElement.scrollWidth") <= width


async def test_an_auto_theme_is_that_of_the_system(browser: Browser, host: Host) -> None:
    for scheme, ground in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(16, 20, 24)")):
        url = f"{host.ours}/embed/program/{SLUG}"
        async with visiting(browser, url, color_scheme=scheme) as page:
            colour = "() => getComputedStyle(document.querySelector('.box')).backgroundColor"
            assert await page.evaluate(colour) == ground


async def test_a_card_is_an_image_on_another_site(browser: Browser, host: Host) -> None:
    host.shows(
        "".join(
            f'<img src="{host.ours}/card/program/{SLUG}.{form}" alt="{escape("Numbers")}">' for form in ("svg", "png")
        )
    )
    async with visiting(browser, host.theirs) as page:
        await page.wait_for_function("() => [...document.images].every((image) => image.complete)")
        assert await page.evaluate("() => [...document.images].map((image) => image.naturalWidth)") == [480, 1200]


@pytest.mark.parametrize("query", ["", "?lang=ar&theme=dark", "?lang=pl"])
async def test_the_page_with_the_codes_shows_and_copies_them(browser: Browser, host: Host, query: str) -> None:
    url = f"{host.ours}/programs/{SLUG}/embed{query}"
    granted = ["clipboard-read", "clipboard-write"]
    async with visiting(browser, url, permissions=granted, color_scheme="dark" if "dark" in query else "light") as page:
        await expect(numbers_of(page.frame_locator("iframe"))).not_to_be_empty()
        await page.wait_for_function("() => [...document.images].every((image) => image.naturalWidth === 480)")
        assert await violations(page) == []
        code = page.locator(".code").first
        await code.get_by_role("button").click()
        assert await page.evaluate("() => navigator.clipboard.readText()") == await code.locator("code").inner_text()


async def test_the_page_with_the_codes_fits_a_small_screen_and_needs_no_script(browser: Browser, host: Host) -> None:
    url = f"{host.ours}/campaigns/{SLUG}/embed"
    async with visiting(browser, url, java_script_enabled=False, viewport={"width": 360, "height": 640}) as page:
        await expect(page.locator("pre")).to_have_count(7)
        await expect(page.get_by_role("button", name="Copy")).to_have_count(0)
        box = await page.locator("main").bounding_box()
        assert box is not None
        assert box["width"] <= 360
