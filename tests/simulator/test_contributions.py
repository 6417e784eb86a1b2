# SPDX-License-Identifier: GPL-3.0-or-later
"""``list=usercontribs``."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.serving import Stand

ALL = "ids|title|timestamp|comment|size|sizediff|flags|tags"


async def contributions(stand: Stand, wiki: str = "enwiki", **parameters: str) -> list[dict[str, Any]]:
    answer = await stand.api(wiki, **({"list": "usercontribs", "ucprop": ALL, "uclimit": "max"} | parameters))
    found: list[dict[str, Any]] = answer["query"]["usercontribs"]
    return found


async def revisions(stand: Stand, **parameters: str) -> list[int]:
    return [row["revid"] - 1_300_000_000 for row in await contributions(stand, **parameters)]


def write(stand: Stand, *names: str) -> None:
    """Save one edit a second."""
    for number, name in enumerate(names):
        stand.wikimedia.save("enwiki", f"Page {number}", name)
        stand.clock.now += 1000


async def test_a_contribution_has_every_member_of_the_real_thing(stand: Stand) -> None:
    stand.wikimedia.save("arwiki", "نهر", "Béla", size=1000)
    stand.wikimedia.save("arwiki", "نهر", "Amara", change=-30, summary="مصدر", minor=True, tags=["visualeditor"])
    assert await contributions(stand, "arwiki", ucuser="amara") == [
        {
            "userid": 5000002,
            "user": "Amara",
            "pageid": 50000001,
            "revid": 1300000002,
            "parentid": 1300000001,
            "ns": 0,
            "title": "نهر",
            "timestamp": "2026-09-27T16:17:12Z",
            "new": False,
            "minor": True,
            "top": True,
            "comment": "مصدر",
            "size": 970,
            "sizediff": -30,
            "tags": ["visualeditor"],
        }
    ]


async def test_only_what_is_asked_for_is_told(stand: Stand) -> None:
    write(stand, "Amara")
    assert await contributions(stand, ucuser="Amara", ucprop="ids") == [
        {"userid": 5000001, "user": "Amara", "pageid": 50000001, "revid": 1300000001, "parentid": 0}
    ]
    (row,) = await contributions(stand, ucuser="Amara", ucprop="flags|sizediff")
    assert (row["new"], row["top"], row["sizediff"]) == (True, True, 1000)


async def test_the_newest_comes_first_and_the_limit_is_ten(stand: Stand) -> None:
    write(stand, *["Amara"] * 12)
    answer = await stand.api(list="usercontribs", ucuser="Amara")
    assert [row["revid"] - 1_300_000_000 for row in answer["query"]["usercontribs"]] == list(range(12, 2, -1))
    assert await revisions(stand, ucuser="Amara", ucdir="newer") == list(range(1, 13))


@pytest.mark.parametrize("direction", ["older", "newer"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7])
async def test_continuation_gives_every_contribution_once_user_by_user(
    stand: Stand, direction: str, limit: int
) -> None:
    write(stand, "Amara", "Béla", "Amara", "Amara", "Béla")
    stand.wikimedia.save("enwiki", "Same second", "Béla")
    stand.wikimedia.save("enwiki", "Same second", "Béla")
    asked = {"list": "usercontribs", "ucuser": "Béla|Amara", "uclimit": str(limit), "ucdir": direction}
    found: list[int] = []
    further: dict[str, str] = {}
    requests = 0
    while True:
        answer = await stand.api(**asked, **further)
        found += [row["revid"] - 1_300_000_000 for row in answer["query"]["usercontribs"]]
        requests += 1
        assert ("batchcomplete" in answer) != ("continue" in answer)
        if "continue" not in answer:
            break
        assert answer["continue"]["continue"] == "-||"
        further = answer["continue"]
    amara, bela = [1, 3, 4], [2, 5, 6, 7]
    assert found == ([*amara, *bela] if direction == "newer" else [*bela[::-1], *amara[::-1]])
    assert requests == -(-7 // limit)


async def test_the_place_to_go_on_names_the_actor_only_where_there_may_be_several(stand: Stand) -> None:
    write(stand, "Amara", "Amara", "Béla")
    several = await stand.api(list="usercontribs", ucuser="Amara|Béla", uclimit="1", ucdir="newer")
    assert several["continue"] == {"uccontinue": "actor|5000001|20260927161713|1300000002", "continue": "-||"}
    single = await stand.api(list="usercontribs", ucuserids="5000001", uclimit="1", ucdir="newer")
    assert single["continue"] == {"uccontinue": "20260927161713|1300000002", "continue": "-||"}


async def test_a_redirect_is_known_by_its_tag(stand: Stand) -> None:
    write(stand, "Amara")
    stand.wikimedia.create("enwiki", "Short", "Amara", redirect_to="Page 0", tags=["visualeditor"])
    stand.wikimedia.move("enwiki", "Page 0", "Page X", "Amara")
    rows = await contributions(stand, ucuser="Amara", ucdir="newer")
    assert [row["tags"] for row in rows] == [[], ["mw-new-redirect", "visualeditor"], [], ["mw-new-redirect"]]


async def test_an_unmeasured_import_has_neither_parent_nor_sizes(stand: Stand) -> None:
    write(stand, "Amara")
    stand.wikimedia.import_revision(
        "enwiki", "Page 0", "Béla", "Amara", at="2010-01-01T00:00:00Z", size=30, measured=False
    )
    (row,) = await contributions(stand, ucuser="Béla")
    assert not {"parentid", "size", "sizediff"} & set(row)
    assert (row["new"], row["top"]) == (False, False)


async def test_start_and_end_are_both_included(stand: Stand) -> None:
    write(stand, *["Amara"] * 5)
    bounds = {"ucstart": "2026-09-27T16:17:15Z", "ucend": "20260927161713"}
    assert await revisions(stand, ucuser="Amara", **bounds) == [4, 3, 2]
    bounds = {"ucstart": "2026-09-27T16:17:13Z", "ucend": "2026-09-27T16:17:15Z"}
    assert await revisions(stand, ucuser="Amara", ucdir="newer", **bounds) == [2, 3, 4]
    assert await revisions(stand, ucuser="Amara", **bounds) == []


async def test_users_are_named_by_local_number_and_pages_chosen_by_namespace(stand: Stand) -> None:
    write(stand, "Amara", "Béla")
    stand.wikimedia.save("enwiki", "User:Amara", "Amara")
    assert await revisions(stand, ucuserids="5000001") == [3, 1]
    assert await revisions(stand, ucuserids="5000001|5000002", ucnamespace="0") == [2, 1]


async def test_deleted_pages_are_not_listed_and_restored_ones_are(stand: Stand) -> None:
    write(stand, "Amara", "Amara")
    stand.wikimedia.delete("enwiki", "Page 0", "Béla")
    assert await revisions(stand, ucuser="Amara") == [2]
    stand.wikimedia.undelete("enwiki", "Page 0", "Béla")
    assert await revisions(stand, ucuser="Amara") == [2, 1]


async def test_a_hidden_user_is_not_listed_and_hidden_texts_and_comments_are_marked(stand: Stand) -> None:
    write(stand, "Amara", "Amara")
    stand.wikimedia.hide_revision("enwiki", 1300000001, "Béla", user=True)
    stand.wikimedia.hide_revision("enwiki", 1300000002, "Béla", text=True, comment=True, suppressed=True)
    (row,) = await contributions(stand, ucuser="Amara")
    assert (row["revid"], row["texthidden"], row["commenthidden"], row["suppressed"]) == (1300000002, True, True, True)
    assert "comment" not in row


async def test_moved_pages_are_listed_under_their_new_title_with_the_null_revision_of_the_mover(stand: Stand) -> None:
    write(stand, "Amara")
    stand.wikimedia.move("enwiki", "Page 0", "Draft:Elsewhere", "Béla")
    (row,) = await contributions(stand, ucuser="Amara")
    assert (row["title"], row["ns"], row["top"]) == ("Draft:Elsewhere", 118, False)
    redirect, moved = await contributions(stand, ucuser="Béla")
    assert (moved["title"], moved["sizediff"], moved["new"], moved["minor"]) == ("Draft:Elsewhere", 0, False, True)
    assert (redirect["title"], redirect["new"]) == ("Page 0", True)


async def test_null_revisions_of_protections_are_listed(stand: Stand) -> None:
    write(stand, "Amara")
    stand.wikimedia.protect("enwiki", "Page 0", "Béla")
    (row,) = await contributions(stand, ucuser="Béla")
    assert (row["parentid"], row["sizediff"], row["top"]) == (1300000001, 0, True)


async def test_a_renamed_users_contributions_are_under_the_new_name(stand: Stand) -> None:
    write(stand, "Amara")
    stand.wikimedia.rename_user("Amara", "Amara II")
    assert await contributions(stand, ucuser="Amara") == []
    assert [row["user"] for row in await contributions(stand, ucuser="Amara II")] == ["Amara II"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "missingparam"),
        ({"ucuser": "a#b"}, "baduser"),
        ({"ucuser": "Amara", "ucdir": "sideways"}, "badvalue"),
        ({"ucuser": "Amara", "ucprop": "mood"}, "badvalue"),
        ({"ucuser": "Amara", "uclimit": "many"}, "badinteger"),
        ({"ucuser": "Amara", "ucstart": "yesterday"}, "badtimestamp"),
        ({"ucuser": "Amara|Béla", "uccontinue": "20260101000000|1"}, "badcontinue"),
        ({"ucuser": "Amara", "uccontinue": "actor|1|20260101000000|1"}, "badcontinue"),
        ({"ucuser": "Amara", "ucuserids": "5000001"}, "invalidparammix"),
        ({"ucuser": "|".join(f"U{number}" for number in range(51))}, "toomanyvalues"),
    ],
)
async def test_mistakes_are_errors_with_mediawikis_codes(stand: Stand, parameters: dict[str, str], code: str) -> None:
    answer = await stand.api(list="usercontribs", **parameters)
    assert answer["error"]["code"] == code
