# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import httpx
import pytest

from graph.programs import ScopeKind
from graph.scopes import Source
from graph.wikimedia.scopes.pagepile import PagePile
from graph.wikimedia.scopes.reading import Batch, Reason, ScopedPage, Unresolved
from tests.simulator.serving import Stand
from tests.wikimedia.scopes.stage import DE, ENGLISH, all_of, noted, scopes, service

PILE = Source(ScopeKind.PAGEPILE, DE, "9")
ERROR_PAGE = b"<br />\n<b>Fatal error</b>:  Uncaught Exception"


async def read(answer: object, status: int = 200) -> list[Batch]:
    content = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
    piles = PagePile(service(lambda _: httpx.Response(status, content=content), "PagePile"))
    return [batch async for batch in piles.pages(9, ENGLISH)]


async def refusal(answer: object, status: int = 200) -> tuple[Reason, str]:
    with pytest.raises(Unresolved) as raised:
        await read(answer, status)
    return raised.value.reason, str(raised.value)


async def piled(stand: Stand) -> None:
    stand.wikimedia.save("dewiki", "Elbe", "Greta")
    stand.wikimedia.save("dewiki", "Labe", "Greta", redirect_to="Elbe")
    stand.wikimedia.save("dewiki", "Kategorie:Flüsse", "Greta")
    titles = ["labe", "Elbe", "Category:Flüsse", "Noch_nicht_da", "a|b"]
    await stand.act("save_pile", pile=9, wiki="dewiki", titles=titles)


async def test_the_titles_in_a_pile_are_followed_where_they_lead(stand: Stand) -> None:
    await piled(stand)
    reading = scopes(stand).read(PILE)
    assert await all_of(reading) == [
        ScopedPage(50000001, 0, "Elbe"),
        ScopedPage(50000003, 14, "Kategorie:Flüsse"),
        ScopedPage(None, 0, "Noch nicht da"),
    ]
    assert (reading.count, reading.skipped) == (3, 1)


async def test_a_pile_can_be_read_as_it_is_without_asking_the_wiki_for_pages(stand: Stand) -> None:
    await piled(stand)
    resolver, asked = scopes(stand), noted(stand)
    reading = resolver.listed(PILE)
    assert [page.title for page in await all_of(reading)] == ["Labe", "Elbe", "Kategorie:Flüsse", "Noch nicht da"]
    assert [request.url.path for request in asked] == ["/w/dewiki/api.php", "/pagepile/api.php"]
    again = resolver.listed(PILE)
    await all_of(again)
    assert again.digest == reading.digest


async def test_spaces_and_underscores_are_the_same() -> None:
    assert await read({"id": 9, "wiki": "enwiki", "pages": ["river_boat", "Talk:River boat"]}) == [
        Batch([ScopedPage(None, 0, "River boat"), ScopedPage(None, 1, "Talk:River boat")])
    ]


async def test_titles_that_can_be_none_are_skipped_and_counted() -> None:
    titles = ["A", "", "a#b", "a<b", "[x]", "fr:A", "x" * 300, 7, None, ["A"]]
    assert await read({"wiki": "enwiki", "pages": titles}) == [Batch([ScopedPage(None, 0, "A")], 9)]


async def test_a_pile_of_another_wiki_is_refused_before_its_first_title(stand: Stand) -> None:
    await stand.act("save_pile", pile=9, wiki="frwiki", titles=["Elbe"])
    reading = scopes(stand).read(PILE)
    with pytest.raises(Unresolved, match="Pile 9 is about frwiki, not about dewiki") as raised:
        await all_of(reading)
    assert (raised.value.reason, reading.count) == (Reason.OTHER_WIKI, 0)


async def test_a_pile_that_is_gone_is_missing_though_the_answer_is_no_json(stand: Stand) -> None:
    with pytest.raises(Unresolved) as raised:
        await all_of(scopes(stand).read(PILE))
    assert (raised.value.reason, str(raised.value)) == (
        Reason.MISSING,
        "PagePile has no pile 9, or is out of order.",
    )


@pytest.mark.parametrize("answer", [ERROR_PAGE, b"", b"No such pile", b"null"])
async def test_so_is_every_other_answer_that_is_no_json(answer: bytes) -> None:
    assert await refusal(answer) == (Reason.MISSING, "PagePile has no pile 9, or is out of order.")


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        ({"error": "busy"}, 200, Reason.REFUSED),
        ({"error": "busy"}, 500, Reason.REFUSED),
        ({"wiki": "enwiki"}, 200, Reason.FORM),
        ({"pages": []}, 200, Reason.FORM),
        ({"wiki": "enwiki", "pages_total": 3_000_000, "pages": ["A"]}, 200, Reason.TOO_MANY),
        (b"<h1>Bad Gateway</h1>", 502, Reason.DOWN),
        (ERROR_PAGE, 500, Reason.DOWN),
        (b"", 404, Reason.DOWN),
        (b'{"wiki":"enwiki","pages":["A","B', 200, Reason.FORM),
    ],
)
async def test_what_else_goes_wrong_has_its_reason(answer: object, status: int, reason: Reason) -> None:
    assert (await refusal(answer, status))[0] is reason


async def test_a_million_and_one_titles_are_refused(stand: Stand) -> None:
    await stand.act("save_pile", pile=9, wiki="dewiki", titles=[])
    await stand.act("faults", lists_more=1001)
    with pytest.raises(Unresolved, match="more than 1,000 articles") as raised:
        await all_of(scopes(stand).listed(PILE, most=1000))
    assert raised.value.reason is Reason.TOO_MANY
    await stand.act("faults", lists_more=1000)
    assert len(await all_of(scopes(stand).listed(PILE, most=1000))) == 1000
