# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from graph.errors import UpstreamError
from graph.wikimedia.scopes.reading import Reason, ScopedPage, Unresolved
from graph.wikimedia.scopes.templates import Templates
from tests.simulator.serving import Stand
from tests.wikimedia.scopes.stage import EN, api, pages_of, titles_of


async def titles(stand: Stand, title: str) -> list[str]:
    return await titles_of(Templates(api(stand)).pages(EN, title))


async def test_all_pages_with_a_template_come_as_what_they_are(stand: Stand) -> None:
    for title in ("Template:River", "Talk:Elbe", "Elbe"):
        stand.wikimedia.save("enwiki", title, "Amara")
    for title in ("Talk:Elbe", "Elbe"):
        stand.wikimedia.put_in("enwiki", title, templates=["River"])
    assert await pages_of(Templates(api(stand)).pages(EN, "Template:River")) == [
        ScopedPage(50000003, 0, "Elbe"),
        ScopedPage(50000002, 1, "Talk:Elbe"),
    ]


async def test_a_template_by_another_name_is_the_one_it_leads_to(stand: Stand) -> None:
    for title in ("Template:River", "Elbe", "Rhine"):
        stand.wikimedia.save("enwiki", title, "Amara")
    stand.wikimedia.save("enwiki", "Template:Stream", "Amara", redirect_to="Template:River")
    stand.wikimedia.put_in("enwiki", "Elbe", templates=["Stream"])
    stand.wikimedia.put_in("enwiki", "Rhine", templates=["River"])
    assert await titles(stand, "Template:Stream") == ["Elbe", "Rhine"]


async def test_a_long_list_is_continued(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "Template:River", "Amara")
    for number in range(1001):
        stand.wikimedia.save("enwiki", f"Page {number:04}", "Amara")
        stand.wikimedia.put_in("enwiki", f"Page {number:04}", templates=["River"])
    told = [batch.pages async for batch in Templates(api(stand)).pages(EN, "Template:River")]
    assert [len(pages) for pages in told] == [500, 500, 1]
    assert told[2] == [ScopedPage(50001002, 0, "Page 1000")]


async def test_a_template_that_is_not_there_is_an_error_unless_pages_have_it(stand: Stand) -> None:
    with pytest.raises(Unresolved) as raised:
        await titles(stand, "Template:Nothing")
    assert (raised.value.reason, str(raised.value)) == (Reason.MISSING, "en.wikipedia.org has no “Template:Nothing”.")
    stand.wikimedia.save("enwiki", "Elbe", "Amara")
    stand.wikimedia.put_in("enwiki", "Elbe", templates=["Nothing"])
    assert await titles(stand, "Template:Nothing") == ["Elbe"]


async def test_a_template_that_nobody_uses_has_no_pages(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "Template:River", "Amara")
    assert await titles(stand, "Template:River") == []


async def test_a_wiki_that_is_down_is_an_upstream_error(stand: Stand) -> None:
    stand.faults.api_status = 503
    with pytest.raises(UpstreamError):
        await titles(stand, "Template:River")
