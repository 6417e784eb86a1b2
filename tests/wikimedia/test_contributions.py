# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from graph.errors import UpstreamError
from graph.programs import Wiki
from graph.wikimedia.action_api import IN_FLIGHT, ActionApi, Refused
from graph.wikimedia.contributions import ROWS, Account, GlobalAccount, WikimediaContributions
from tests.simulator.serving import AGENT, Stand, standing

WIKI = Wiki("enwiki", "en.wikipedia.org", "wikipedia", "en")
SINCE = datetime(2026, 9, 1, tzinfo=UTC)
UNTIL = datetime(2026, 10, 1, tzinfo=UTC)
NOW = datetime(2026, 9, 27, 16, 17, 12, tzinfo=UTC)
FIRST_PAGE, FIRST_REVISION, FIRST_USER, FIRST_CENTRAL = 50_000_001, 1_300_000_001, 5_000_001, 70_000_001


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with standing() as stand:
        yield stand


async def _no_sleep(_: float) -> None:
    pass


def api(client: httpx.AsyncClient, address: str) -> WikimediaContributions:
    slots = asyncio.Semaphore(IN_FLIGHT)
    return WikimediaContributions(ActionApi(client, address, AGENT, slots, sleep=_no_sleep, timer=lambda: 0.0))


def of(stand: Stand) -> WikimediaContributions:
    return api(stand.client, stand.base + "/w/{dbname}/api.php")


def saying(*answers: dict[str, Any]) -> WikimediaContributions:
    rest = [httpx.Response(200, json={"curtimestamp": "2026-09-27T16:17:12Z"} | answer) for answer in answers]
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: rest.pop(0)), verify=False)
    return api(client, "https://{domain}/w/api.php")


async def test_a_list_goes_on_where_its_answer_ended_account_by_account(stand: Stand) -> None:
    for number in range(ROWS + 10):
        stand.wikimedia.save("enwiki", f"Page {number % 7}", ("Amara", "Béla")[number % 2])
        stand.clock.now += 1000
    asked = of(stand)
    first = await asked.listed(WIKI, [FIRST_USER, FIRST_USER + 1], SINCE, UNTIL)
    rest = await asked.listed(WIKI, [FIRST_USER, FIRST_USER + 1], SINCE, UNTIL, first.further)
    assert (len(first.rows), len(rest.rows), rest.further) == (ROWS, 10, "")
    rows = [*first.rows, *rest.rows]
    assert [row.revid - FIRST_REVISION for row in rows] == [*range(0, ROWS + 10, 2), *range(1, ROWS + 10, 2)]
    assert {row.user for row in rows[: ROWS // 2]} == {"Amara"}


async def test_a_row_has_what_the_wiki_tells(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "Talk:A b", "Amara", size=50, summary="first", tags=["visualeditor"])
    listed = await of(stand).listed(WIKI, [FIRST_USER], SINCE, UNTIL)
    (row,) = listed.rows
    assert (row.userid, row.user, row.pageid, row.revid) == (FIRST_USER, "Amara", FIRST_PAGE, FIRST_REVISION)
    assert (row.ns, row.title, row.timestamp, row.parentid) == (1, "Talk:A b", NOW, 0)
    assert (row.size, row.sizediff, row.minor, row.comment, row.tags) == (50, 50, False, "first", ["visualeditor"])
    assert listed.asked_at == NOW


async def test_both_ends_of_the_time_are_included(stand: Stand) -> None:
    for _ in range(3):
        stand.wikimedia.save("enwiki", "A", "Amara")
        stand.clock.now += 1000
    listed = await of(stand).listed(WIKI, [FIRST_USER], NOW.replace(second=13), NOW.replace(second=13))
    assert [row.revid for row in listed.rows] == [FIRST_REVISION + 1]


async def test_a_row_that_makes_no_sense_costs_only_itself() -> None:
    good = {
        "userid": 1,
        "user": "A",
        "pageid": 2,
        "revid": 3,
        "ns": 0,
        "title": "T",
        "timestamp": "2026-09-27T16:17:12Z",
    }
    rows = [good, good | {"revid": "x"}, good | {"title": None}, good | {"size": 2**40}, 7, good | {"revid": 9}]
    listed = await saying({"query": {"usercontribs": rows}}).listed(WIKI, [1], SINCE, UNTIL)
    assert [row.revid for row in listed.rows] == [3, 9]
    assert [reason for reason, _ in listed.malformed] == [
        "Expected `int`, got `str` - at `$.revid`",
        "Expected `str`, got `null` - at `$.title`",
        "Expected `int` <= 2147483647 - at `$.size`",
        "Expected `object`, got `int`",
    ]
    assert listed.malformed[3][1] == "7"


async def test_the_place_of_another_list_is_refused(stand: Stand) -> None:
    stand.wikimedia.create_user("Amara")
    with pytest.raises(Refused) as refused:
        await of(stand).listed(WIKI, [FIRST_USER], SINCE, UNTIL, "actor|1|20260101000000|1")
    assert refused.value.code == "badcontinue"


async def test_revisions_are_found_with_their_pages_and_missing_ones_are_not(stand: Stand) -> None:
    for title in ("A", "B", "C"):
        stand.wikimedia.save("enwiki", title, "Amara", size=10)
    stand.wikimedia.delete("enwiki", "B", "Béla")
    stand.wikimedia.move("enwiki", "C", "Draft:C", "Béla")
    stand.wikimedia.tag("enwiki", FIRST_REVISION, add=["mw-reverted"])
    stand.wikimedia.hide_revision("enwiki", FIRST_REVISION + 2, "Béla", text=True, user=True, comment=True)
    found = await of(stand).revisions(WIKI, range(FIRST_REVISION, FIRST_REVISION + 3))
    assert sorted(found.revisions) == [FIRST_REVISION, FIRST_REVISION + 2]
    one, page = found.revisions[FIRST_REVISION]
    assert (one.tags, one.size, one.text_hidden, one.userhidden, page.title) == (["mw-reverted"], 10, False, False, "A")
    other, page = found.revisions[FIRST_REVISION + 2]
    assert (other.text_hidden, other.userhidden, other.commenthidden) == (True, True, True)
    assert (page.pageid, page.ns, page.title) == (FIRST_PAGE + 2, 118, "Draft:C")
    assert found.asked_at == NOW


async def test_where_nothing_is_found_nothing_is_there(stand: Stand) -> None:
    assert (await of(stand).revisions(WIKI, [1, 2])).revisions == {}


async def test_an_answer_about_revisions_may_come_in_parts() -> None:
    def page(number: int) -> dict[str, Any]:
        return {"pages": [{"pageid": 5, "ns": 0, "title": "A", "revisions": [{"revid": number}]}]}

    further = {"continue": {"rvcontinue": 8, "continue": "||"}}
    found = await saying({"query": page(7)} | further, {"query": page(8)}).revisions(WIKI, [7, 8])
    assert sorted(found.revisions) == [7, 8]


async def test_the_revision_before_another_is_that_of_the_history(stand: Stand) -> None:
    for _ in range(3):
        stand.wikimedia.save("enwiki", "A", "Amara")
    before = await of(stand).predecessor(WIKI, FIRST_PAGE, FIRST_REVISION + 1)
    assert before is not None
    assert (before.revid, before.size) == (FIRST_REVISION, 1000)
    assert await of(stand).predecessor(WIKI, FIRST_PAGE, FIRST_REVISION) is None


async def test_pages_are_living_or_not(stand: Stand) -> None:
    for title in ("A", "B"):
        stand.wikimedia.save("enwiki", title, "Amara")
    stand.wikimedia.delete("enwiki", "B", "Béla")
    assert await of(stand).living(WIKI, [FIRST_PAGE, FIRST_PAGE + 1, 9]) == {FIRST_PAGE}


async def test_accounts_have_their_numbers(stand: Stand) -> None:
    stand.wikimedia.create_user("Béla", home="arwiki")
    stand.wikimedia.create_user("Amara")
    stand.wikimedia.create_user("ليلى")
    accounts = await of(stand).accounts(WIKI, ["Amara", "Béla", "ليلى", "Nobody", "a#b"])
    assert accounts == {
        "Amara": Account(FIRST_USER, "Amara", FIRST_CENTRAL + 1),
        "ليلى": Account(FIRST_USER + 1, "ليلى", FIRST_CENTRAL + 2),
    }


async def test_an_account_attached_to_none_has_no_central_id() -> None:
    users = [
        {
            "userid": 1,
            "name": "A",
            "centralids": {"CentralAuth": 9, "local": 1},
            "attachedlocal": {"CentralAuth": False},
        },
        {"userid": 2, "name": "B", "centralids": {"local": 2}, "attachedlocal": {"local": True}},
        {"userid": 3, "name": "C", "centralids": {"CentralAuth": 0, "local": 3}},
    ]
    accounts = await saying({"query": {"users": users}}).accounts(WIKI, ["A", "B", "C"])
    assert list(accounts.values()) == [Account(1, "A", None), Account(2, "B", None), Account(3, "C", None)]


async def test_a_global_account_has_the_name_it_has_now_and_its_wikis(stand: Stand) -> None:
    account = stand.wikimedia.create_user("Amara", wikis=["arwiki"])
    stand.wikimedia.rename_user("Amara", "Amara II")
    found = await of(stand).global_account(WIKI, account.central_id)
    assert found == GlobalAccount("Amara II", frozenset({"enwiki", "arwiki"}))
    assert await of(stand).global_account(WIKI, 5) is None


async def test_a_wiki_without_global_accounts_knows_no_name() -> None:
    refusal = {"error": {"code": "badvalue", "info": 'Unrecognized value for parameter "meta": globaluserinfo.'}}
    assert await saying(refusal).global_account(WIKI, 5) is None
    assert await saying({"batchcomplete": True, "warnings": {}}).global_account(WIKI, 5) is None


async def test_another_refusal_is_an_error() -> None:
    with pytest.raises(UpstreamError, match="readapidenied"):
        await saying({"error": {"code": "readapidenied", "info": "no"}}).global_account(WIKI, 5)
