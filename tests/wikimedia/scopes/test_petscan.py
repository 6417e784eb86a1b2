# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from graph.programs import ScopeKind
from graph.scopes import Source
from graph.titles import Namespace, Namespaces
from graph.wikimedia.scopes.petscan import PetScan
from graph.wikimedia.scopes.reading import Batch, Reading, Reason, ScopedPage, Unresolved
from tests.simulator.serving import AGENT, Stand
from tests.wikimedia.scopes.stage import DE, ENGLISH, all_of, noted, pages_of, scopes, service, wiki

QUERY = Source(ScopeKind.PETSCAN, DE, "7")


async def saved(stand: Stand) -> None:
    stand.wikimedia.save("dewiki", "Elbe bei Dresden", "Greta")
    stand.wikimedia.save("dewiki", "Kategorie:Flüsse", "Greta")
    await stand.act("save_query", psid=7, wiki="dewiki", titles=["Elbe bei Dresden", "Kategorie:Flüsse"])


async def read(answer: object, status: int = 200) -> list[Batch]:
    content = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
    petscan = PetScan(service(lambda _: httpx.Response(status, content=content)))
    return [batch async for batch in petscan.pages(7, ENGLISH)]


def told(*pages: object, **members: object) -> dict[str, Any]:
    return {"pagecount": len(pages), "pages": list(pages), "status": "OK", "wiki": "enwiki", **members}


async def refusal(answer: object, status: int = 200) -> tuple[Reason, str]:
    with pytest.raises(Unresolved) as raised:
        await read(answer, status)
    return raised.value.reason, str(raised.value)


async def test_what_a_query_finds_has_numbers_and_the_titles_of_its_wiki(stand: Stand) -> None:
    await saved(stand)
    assert await all_of(scopes(stand).read(QUERY)) == [
        ScopedPage(50000001, 0, "Elbe bei Dresden"),
        ScopedPage(50000002, 14, "Kategorie:Flüsse"),
    ]


async def test_the_query_is_asked_for_by_number_in_the_shape_that_tells_the_wiki() -> None:
    asked: list[httpx.Request] = []
    petscan = PetScan(service(lambda request: (asked.append(request), httpx.Response(200, json=told()))[1]))
    assert await pages_of(petscan.pages(7, ENGLISH)) == []
    (request,) = asked
    assert (request.method, request.url.host, request.headers["user-agent"]) == ("GET", "lists.example.org", AGENT)
    assert dict(request.url.params) == {
        "psid": "7",
        "format": "json",
        "output_compatability": "quick-intersection",
        "doit": "1",
    }


async def test_unchanged_results_have_the_same_digest_and_changed_ones_another(stand: Stand) -> None:
    await saved(stand)

    async def digest() -> str:
        reading = scopes(stand).read(QUERY)
        await all_of(reading)
        return reading.digest

    first = await digest()
    await stand.act("save_query", psid=7, wiki="dewiki", titles=["Kategorie:Flüsse", "Elbe bei Dresden"])
    assert await digest() == first
    await stand.act("save_query", psid=7, wiki="dewiki", titles=["Elbe bei Dresden"])
    assert await digest() != first


async def test_a_page_without_a_number_or_a_query_saved_as_sparse_is_read_too() -> None:
    (batch,) = await read(told({"page_title": "river_boat", "page_namespace": 0, "page_id": 0}, "Talk:River_boat"))
    assert batch == Batch([ScopedPage(None, 0, "River boat"), ScopedPage(None, 1, "Talk:River boat")], 0)


async def test_rows_that_make_no_sense_are_skipped_and_counted() -> None:
    good = {"page_title": "A", "page_namespace": 0, "page_id": 1}
    bad = [
        {**good, "page_title": ""},
        {**good, "page_id": -1},
        {"page_id": 5},
        "a|b",
        7,
        None,
        {**good, "page_id": "x"},
    ]
    (batch,) = await read(told(good, *bad))
    assert batch == Batch([ScopedPage(1, 0, "A")], 7)


async def test_the_wiki_may_come_before_the_pages_or_after_them() -> None:
    page = {"page_title": "A", "page_namespace": 0, "page_id": 1}
    for answer in (told(page), {"wiki": "enwiki", "pages": [page], "status": "OK"}):
        assert await read(answer) == [Batch([ScopedPage(1, 0, "A")])]


@pytest.mark.parametrize("named", ["frwiki", "commonswiki", "nowiki", 7, "x\x00"])
async def test_a_query_about_another_wiki_is_refused(named: object) -> None:
    reason, message = await refusal(told({"page_title": "A", "page_id": 1}, wiki=named))
    assert reason is Reason.OTHER_WIKI
    assert message.startswith("PetScan's query 7 is about ")
    assert message.endswith(", not about enwiki.")


async def test_a_number_that_is_nobodys_is_missing(stand: Stand) -> None:
    with pytest.raises(Unresolved, match="PetScan has no query 7") as raised:
        await all_of(scopes(stand).read(QUERY))
    assert raised.value.reason is Reason.MISSING


@pytest.mark.parametrize("status", [200, 400, 500])
async def test_an_error_is_read_whatever_its_status(status: int) -> None:
    assert await refusal({"error": "No such PSID in the database"}, status) == (
        Reason.MISSING,
        "PetScan has no query 7.",
    )
    assert await refusal({"error": "No result for source categories"}, status) == (
        Reason.REFUSED,
        "PetScan could not run query 7: No result for source categories",
    )


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"<!DOCTYPE html><h1>PetScan</h1>", "it is no JSON object"),
        (b"Temporary maintenance", "it is no JSON object"),
        (b"", "it is empty"),
        (b'{"pages":[{"page_id":1', "it ends in the middle"),
        ({"wiki": "enwiki"}, "it told no pages or no wiki"),
        ({"pages": []}, "it told no pages or no wiki"),
        ({"pages": {}, "wiki": "enwiki"}, "its pages are no list"),
        (told({"page_title": "A", "page_namespace": 120}), "it told of namespaces that en.wikipedia.org does not have"),
    ],
)
async def test_an_answer_in_another_form_is_refused(answer: object, why: str) -> None:
    assert await refusal(answer) == (Reason.FORM, f"PetScan did not answer as it should: {why}.")


async def test_three_million_pages_are_refused_before_the_first_of_them(stand: Stand) -> None:
    await saved(stand)
    # Only the beginning is ever sent: the count comes first.
    await stand.act("faults", lists_more=3_000_000)
    reading = scopes(stand).read(QUERY)
    with pytest.raises(Unresolved, match="It has more than 1,000,000 articles") as raised:
        await all_of(reading)
    assert (raised.value.reason, reading.count) == (Reason.TOO_MANY, 0)


async def test_too_many_pages_are_refused_though_nothing_was_said_before() -> None:
    rows = [{"page_title": f"P{number}", "page_id": number + 1} for number in range(11)]
    answer = json.dumps({"pages": rows, "wiki": "enwiki"}).encode()
    petscan = PetScan(service(lambda _: httpx.Response(200, content=answer)))
    with pytest.raises(Unresolved, match="more than 10 articles"):
        await all_of(Reading(petscan.pages(7, ENGLISH), most=10))


async def test_a_failed_read_asks_nobody_else_and_the_next_one_is_good(stand: Stand) -> None:
    await saved(stand)
    resolver = scopes(stand)
    await stand.act("faults", lists_broken=1)
    with pytest.raises(Unresolved) as raised:
        await all_of(resolver.read(QUERY))
    assert raised.value.reason is Reason.FORM
    asked = noted(stand)
    assert len(await all_of(resolver.read(QUERY))) == 2
    assert [request.url.path for request in asked] == ["/petscan/"]


@pytest.mark.parametrize("named", ["zh-min-nanwiki", "zh_min_nanwiki"])
async def test_a_wiki_may_be_named_with_hyphens(named: str) -> None:
    site = Namespaces(wiki("zh_min_nanwiki"), [Namespace(0, "")])
    petscan = PetScan(service(lambda _: httpx.Response(200, json={"pages": [{"page_title": "A"}], "wiki": named})))
    assert await pages_of(petscan.pages(7, site)) == [ScopedPage(None, 0, "A")]
