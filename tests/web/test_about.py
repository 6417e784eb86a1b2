# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service says of itself, and what it says where a page cannot be made: in every language."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from graph.web import rendering
from graph.web.about import CLOUD_TERMS, Operator
from graph.web.languages import COOKIE
from graph.web.texts import LANGUAGES, texts
from tests.web.signing import House, house

SOURCE = "https://git.example.org/our/graph"


@pytest.fixture
async def home(database_url: str) -> AsyncIterator[House]:
    async with house(database_url, contact="graph@example.org", source_url=SOURCE) as running:
        yield running


async def test_every_page_leads_to_privacy_source_and_licence(home: House) -> None:
    async with home.browser() as browser:
        for address in ("/", "/privacy", "/live/screen", "/sign-out", "/enrollments", "/nowhere"):
            page = (await browser.get(address)).text
            for link in ('href="/privacy"', 'href="/source"', 'href="https://www.gnu.org/licenses/gpl-3.0.html"'):
                assert link in page, (address, link)
        assert (await browser.get("/source")).headers["location"] == SOURCE


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_privacy_statement_is_whole_in_every_language(home: House, language: str) -> None:
    speak = texts(language)
    async with home.browser() as browser:
        page = (await browser.get(f"/privacy?lang={language}")).text
    assert f'<html lang="{language}" dir="{speak.direction}"' in page
    told = {key: text for key, text in speak.bundle("page-privacy-").items() if "$1" not in text}
    unsaid = ["page-privacy-asking-nobody", "page-privacy-cloud-terms"]
    assert [key for key, text in told.items() if text not in page] == unsaid
    assert '<a href="mailto:graph@example.org"><bdi dir="ltr">graph@example.org</bdi></a>' in page


async def test_errors_and_the_screens_page_speak_the_readers_language_and_offer_the_others(home: House) -> None:
    async with home.browser() as browser:
        for address in ("/live/screen", "/nowhere", "/sign-out", "/enrollments", "/programs/none"):
            page = (await browser.get(address, headers={"accept-language": "ar"})).text
            assert '<html lang="ar" dir="rtl"' in page, address
            assert page.count("/language?to=") == len(LANGUAGES), address
        # From a page that is not there, the one it was followed from is come back to.
        here = {"referer": f"{home.url}/programs/none?lang=ar&q=a"}
        assert (await browser.get("/language?to=pl", headers=here)).headers["location"] == "/programs/none?q=a"
        assert browser.cookies[COOKIE] == "pl"
        assert "Tu nic nie ma" in (await browser.get("/programs/none")).text
        elsewhere = {"referer": "https://evil.example/programs/none"}
        assert (await browser.get("/language?to=en", headers=elsewhere)).headers["location"] == "/"


async def test_why_a_form_was_not_taken_is_said_in_the_readers_language(home: House) -> None:
    german = {"accept-language": "de", "origin": home.url}
    async with home.browser() as browser:
        foreign = await browser.post("/enrollments", headers={**german, "origin": "https://evil.example"}, data={})
        nobodys = await browser.post("/enrollments", headers=german, data={"do": "agree"})
        no_form = await browser.post("/enrollments", headers=german, json={})
        read_only = await browser.post("/privacy", headers=german, data={})
        token = await browser.get("/privacy", headers={**german, "authorization": "Bearer pga_x"})
    said = [re.findall(r"<h1>.*?</h1>\s*<p>(.*?)</p>", each.text)[0] for each in (foreign, nobodys, no_form, read_only)]
    assert said == [
        "Dieses Formular kam nicht von einer unserer Seiten.",
        "Du bist nicht mehr angemeldet, oder anders als beim Laden der Seite.",
        "Das ist kein Formular.",
        "Diese Seite kann nur gelesen werden.",
    ]
    assert [each.status_code for each in (foreign, nobodys, no_form, read_only, token)] == [403, 403, 415, 405, 401]
    assert "Diese Anmeldung ist hier nicht bekannt." in token.text


def test_every_reason_that_is_raised_is_among_the_messages() -> None:
    folder = Path(rendering.__file__).parent
    raised = {
        text
        for path in folder.rglob("*.py")
        for text in re.findall(r"HTTPException\(\s*\d+,\s*\"([^\"]+)\"", path.read_text("utf-8"))
    }
    assert len(raised) >= 6
    assert raised - set(texts("en").bundle("page-refused-").values()) == set()


@pytest.mark.parametrize(
    ("contact", "link"),
    [
        (None, None),
        ("https://meta.example/us", '<a href="https://meta.example/us" rel="noreferrer">'),
        ("a&b@example.org", '<a href="mailto:a%26b@example.org"><bdi dir="ltr">a&amp;b@example.org</bdi></a>'),
        ("javascript:alert(1)", "<bdi>javascript:alert(1)</bdi>"),
        ('"><script>@x', '<a href="mailto:%22%3E%3Cscript%3E@x"><bdi dir="ltr">&#34;&gt;&lt;script&gt;@x</bdi></a>'),
    ],
)
def test_whoever_runs_it_is_reached_as_they_said(contact: str | None, link: str | None) -> None:
    found = Operator(contact, "https://x.example", SOURCE).contact_link
    assert found is None if link is None else str(found).startswith(link)


@pytest.mark.parametrize(
    ("url", "terms"),
    [
        ("https://programs-graph.toolforge.org", CLOUD_TERMS),
        ("https://graph.wmcloud.org", CLOUD_TERMS),
        ("https://toolforge.org.evil.example", None),
        ("http://127.0.0.1:8000", None),
    ],
)
def test_the_clouds_terms_are_named_where_it_runs_there(url: str, terms: str | None) -> None:
    assert Operator(None, url, SOURCE).terms == terms
