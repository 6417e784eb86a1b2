# SPDX-License-Identifier: GPL-3.0-or-later
"""``prop=revisions`` and ``prop=info``."""

from __future__ import annotations

import pytest

from tests.simulator.serving import Stand

ALL = "ids|flags|timestamp|user|userid|size|sha1|comment|tags"


async def test_a_revision_has_every_member_of_the_real_thing_under_its_page(stand: Stand) -> None:
    stand.wikimedia.save("arwiki", "نهر", "Béla", size=1000)
    revision = stand.wikimedia.save("arwiki", "نهر", "Amara", change=-30, summary="مصدر", tags=["visualeditor"])
    answer = await stand.api("arwiki", prop="revisions", revids=str(revision.id), rvprop=ALL)
    assert answer == {
        "batchcomplete": True,
        "query": {
            "pages": [
                {
                    "pageid": 50000001,
                    "ns": 0,
                    "title": "نهر",
                    "revisions": [
                        {
                            "revid": 1300000002,
                            "parentid": 1300000001,
                            "minor": False,
                            "user": "Amara",
                            "userid": 5000002,
                            "timestamp": "2026-09-27T16:17:12Z",
                            "size": 970,
                            "sha1": revision.sha1,
                            "comment": "مصدر",
                            "tags": ["visualeditor"],
                        }
                    ],
                }
            ]
        },
    }


async def test_deleted_and_unknown_revisions_are_bad_and_others_come_page_by_page(stand: Stand) -> None:
    for title in ("A", "B", "A"):
        stand.wikimedia.save("enwiki", title, "Amara")
    stand.wikimedia.delete("enwiki", "B", "Béla")
    answer = await stand.api(prop="revisions", revids="1300000003|1300000002|1300000001|7", rvprop="ids")
    assert answer["query"] == {
        "badrevids": {
            "7": {"revid": 7, "missing": True},
            "1300000002": {"revid": 1300000002, "missing": True},
        },
        "pages": [
            {
                "pageid": 50000001,
                "ns": 0,
                "title": "A",
                "revisions": [
                    {"revid": 1300000001, "parentid": 0},
                    {"revid": 1300000003, "parentid": 1300000001},
                ],
            }
        ],
    }


async def test_hidden_parts_are_marked_and_not_told(stand: Stand) -> None:
    revision = stand.wikimedia.save("enwiki", "A", "Amara", summary="x")
    stand.wikimedia.hide_revision("enwiki", revision.id, "Béla", text=True, user=True, comment=True, suppressed=True)
    answer = await stand.api(prop="revisions", revids=str(revision.id), rvprop="ids|user|sha1|comment")
    (row,) = answer["query"]["pages"][0]["revisions"]
    marks = {"userhidden": True, "sha1hidden": True, "commenthidden": True, "suppressed": True}
    assert row == {"revid": revision.id, "parentid": 0, **marks}


async def test_a_text_is_made_up_and_says_whether_it_is_a_redirect(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "A", "Amara", size=20)
    stand.wikimedia.save("enwiki", "B", "Amara", size=25, redirect_to="A")
    hidden = stand.wikimedia.save("enwiki", "C", "Amara")
    stand.wikimedia.hide_revision("enwiki", hidden.id, "Béla", text=True)
    asked = {"prop": "revisions", "titles": "A|B|C", "rvprop": "ids|content", "rvslots": "main"}
    rows = [page["revisions"][0] for page in (await stand.api(**asked))["query"]["pages"]]
    common = {"contentmodel": "wikitext", "contentformat": "text/x-wiki"}
    assert [row["slots"]["main"] for row in rows] == [
        common | {"content": "Some words. xxxxxxxx"},
        common | {"content": "#REDIRECT [[Target]]xxxxx"},
        common | {"texthidden": True},
    ]
    assert [row.get("texthidden") for row in rows] == [None, None, True]


async def test_a_history_is_listed_from_one_revision_backwards(stand: Stand) -> None:
    for _ in range(3):
        stand.wikimedia.save("enwiki", "A", "Amara")
    asked = {"prop": "revisions", "pageids": "50000001", "rvstartid": "1300000002", "rvlimit": "2", "rvprop": "ids"}
    answer = await stand.api(**asked)
    (page,) = answer["query"]["pages"]
    assert [row["revid"] for row in page["revisions"]] == [1300000002, 1300000001]


async def test_pages_are_told_by_number_with_the_missing_ones(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "A", "Amara", size=10)
    stand.wikimedia.create("enwiki", "B", "Amara", size=20, redirect_to="A")
    stand.wikimedia.delete("enwiki", "A", "Béla")
    answer = await stand.api(prop="info", pageids="50000001|50000002")
    assert answer["query"]["pages"] == [
        {"pageid": 50000001, "missing": True},
        {
            "pageid": 50000002,
            "ns": 0,
            "title": "B",
            "contentmodel": "wikitext",
            "pagelanguage": "en",
            "touched": "2026-09-27T16:17:12Z",
            "lastrevid": 1300000002,
            "length": 20,
            "redirect": True,
            "new": True,
        },
    ]


async def test_pages_are_told_by_title_too(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "A b", "Amara")
    answer = await stand.api(prop="revisions", titles="a_b|Talk:Nothing", rvprop="ids")
    assert answer["query"]["pages"] == [
        {"ns": 1, "title": "Talk:Nothing", "missing": True},
        {"pageid": 50000001, "ns": 0, "title": "A b", "revisions": [{"revid": 1300000001, "parentid": 0}]},
    ]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"revids": "x"}, "badinteger"),
        ({"revids": "1300000001", "rvlimit": "2"}, "invalidparammix"),
        ({"titles": "A", "pageids": "1"}, "invalidparammix"),
        ({"titles": "A|B", "rvlimit": "2"}, "invalidparammix"),
        ({"titles": "A", "rvstartid": "9"}, "badid_rvstartid"),
        ({"titles": "A", "rvprop": "mood"}, "badvalue"),
        ({"titles": "A", "rvslots": "*"}, "badvalue"),
        ({"revids": "|".join(map(str, range(51)))}, "toomanyvalues"),
    ],
)
async def test_mistakes_are_errors_with_mediawikis_codes(stand: Stand, parameters: dict[str, str], code: str) -> None:
    for title in ("A", "B"):
        stand.wikimedia.save("enwiki", title, "Amara")
    answer = await stand.api(prop="revisions", **parameters)
    assert answer["error"]["code"] == code


async def test_the_wikis_own_time_comes_with_the_answer_where_it_is_asked_for(stand: Stand) -> None:
    assert (await stand.api(meta="siteinfo", curtimestamp="1"))["curtimestamp"] == "2026-09-27T16:17:12Z"


async def test_a_replica_that_stopped_shows_the_past_and_its_lag_grows(stand: Stand) -> None:
    revision = stand.wikimedia.save("enwiki", "A", "Amara")
    await stand.act("stop_replication")
    stand.wikimedia.save("enwiki", "B", "Amara")
    stand.wikimedia.delete("enwiki", "A", "Béla")
    stand.clock.now += 6000
    parameters = {"list": "usercontribs", "ucuser": "Amara"}
    answer = await stand.api(**parameters)
    assert [row["revid"] for row in answer["query"]["usercontribs"]] == [revision.id]
    assert (await stand.api(**parameters, maxlag="5"))["error"]["lag"] == 6
    await stand.act("start_replication")
    answer = await stand.api(**parameters, maxlag="5")
    assert [row["title"] for row in answer["query"]["usercontribs"]] == ["B"]


async def test_the_next_answers_can_be_refusals_or_end_in_the_middle(stand: Stand) -> None:
    await stand.act("faults", api_refusals=[429, 503], api_retry_after=7, api_broken=1)
    place = f"{stand.base}/w/enwiki/api.php?action=query&format=json&formatversion=2&meta=siteinfo"
    answers = [await stand.client.get(place) for _ in range(4)]
    assert [(answer.status_code, answer.headers.get("retry-after")) for answer in answers] == [
        (429, "7"),
        (503, "7"),
        (200, None),
        (200, None),
    ]
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answers[2].json()
    assert "query" in answers[3].json()
