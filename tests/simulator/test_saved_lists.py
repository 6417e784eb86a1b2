# SPDX-License-Identifier: GPL-3.0-or-later
"""PetScan and PagePile, as they answer and as they fail."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.simulator.serving import Stand


async def petscan(stand: Stand, **parameters: str) -> httpx.Response:
    return await stand.client.get(f"{stand.base}/petscan/", params=parameters)


async def pile(stand: Stand, number: int, **parameters: str) -> httpx.Response:
    asked = {"id": str(number), "action": "get_data", "format": "json"} | parameters
    return await stand.client.get(f"{stand.base}/pagepile/api.php", params=asked)


async def saved(stand: Stand) -> None:
    stand.wikimedia.save("dewiki", "Elbe bei Dresden", "Greta", size=700)
    stand.wikimedia.save("dewiki", "Kategorie:Flüsse", "Greta", size=80)
    await stand.act("save_query", psid=7, wiki="dewiki", titles=["Elbe bei Dresden", "Kategorie:Flüsse", "Nowhere"])
    await stand.act("save_pile", pile=9, wiki="dewiki", titles=["Elbe_bei_Dresden", "Kategorie:Flüsse", "Nowhere"])


async def test_petscan_says_the_wiki_and_numbers_in_the_shape_of_quick_intersection(stand: Stand) -> None:
    await saved(stand)
    answer = await petscan(stand, psid="7", format="json", output_compatability="quick-intersection")
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert list(told) == [
        "max", "namespaces", "pagecount", "pages", "query", "querytime", "start", "status", "wiki",
    ]  # fmt: skip
    assert (told["status"], told["wiki"], told["pagecount"], told["max"]) == ("OK", "dewiki", 2, 3)
    assert told["namespaces"]["14"] == "Kategorie"
    assert told["pages"] == [
        {
            "page_id": 50000001,
            "page_latest": "20260927161712",
            "page_len": 700,
            "page_namespace": 0,
            "page_title": "Elbe_bei_Dresden",
        },
        {
            "page_id": 50000002,
            "page_latest": "20260927161712",
            "page_len": 80,
            "page_namespace": 14,
            "page_title": "Flüsse",
        },
    ]


async def test_petscans_own_shape_does_not_say_the_wiki(stand: Stand) -> None:
    await saved(stand)
    told = (await petscan(stand, psid="7", format="json")).json()
    assert "dewiki" not in json.dumps(told)
    assert told["*"][0]["a"]["*"][1] == {
        "id": 50000002,
        "len": 80,
        "n": "page",
        "namespace": 14,
        "nstext": "",
        "title": "Flüsse",
        "touched": "20260927161712",
    }
    sparse = (await petscan(stand, psid="7", format="json", sparse="1")).json()
    assert sparse["*"][0]["a"]["*"] == ["Elbe_bei_Dresden", "Kategorie:Flüsse"]


async def test_a_query_that_is_gone_or_fails_is_an_error_in_json(stand: Stand) -> None:
    await saved(stand)
    await stand.act("forget_list", number=7)
    answer = await petscan(stand, psid="7", format="json")
    assert (answer.status_code, answer.json()) == (500, {"error": "No such PSID in the database"})
    await saved(stand)
    await stand.act("faults", lists_error="No result for source categories")
    assert (await petscan(stand, psid="7", format="json")).json() == {"error": "No result for source categories"}


async def test_petscan_without_json_is_a_page(stand: Stand) -> None:
    await saved(stand)
    assert (await petscan(stand, psid="7")).headers["content-type"] == "text/html; charset=utf-8"


async def test_a_pile_tells_its_wiki_and_titles_as_they_were_piled_up(stand: Stand) -> None:
    await saved(stand)
    assert (await pile(stand, 9)).json() == {
        "id": 9,
        "wiki": "dewiki",
        "pages": ["Elbe_bei_Dresden", "Kategorie:Flüsse", "Nowhere"],
        "language": "de",
        "project": "wikipedia",
    }


async def test_an_error_of_pagepile_is_no_json_and_no_status(stand: Stand) -> None:
    answer = await pile(stand, 8)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize("service", ["petscan", "pagepile"])
async def test_both_can_be_down_or_answer_a_page_or_break_off_or_list_millions(stand: Stand, service: str) -> None:
    await saved(stand)

    async def asked() -> httpx.Response:
        if service == "pagepile":
            return await pile(stand, 9)
        return await petscan(stand, psid="7", format="json", output_compatability="quick-intersection")

    await stand.act("faults", lists_status=503)
    assert (await asked()).status_code == 503
    await stand.act("clear_faults")
    await stand.act("faults", lists_html=True)
    assert (await asked()).text.startswith("<")
    await stand.act("clear_faults")
    await stand.act("faults", lists_broken=1)
    with pytest.raises(json.JSONDecodeError):
        (await asked()).json()
    await stand.act("faults", lists_more=2500, lists_wiki="frwiki")
    told = (await asked()).json()
    assert (told["wiki"], len(told["pages"])) == ("frwiki", 2500 + (2 if service == "petscan" else 3))


async def test_nobody_without_a_name_is_answered(stand: Stand) -> None:
    answer = await stand.client.get(f"{stand.base}/petscan/?psid=7", headers={"user-agent": "python-httpx/0.28"})
    assert answer.status_code == 403
