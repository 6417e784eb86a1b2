# SPDX-License-Identifier: GPL-3.0-or-later
"""Categories, transclusions, redirects and namespaces in the Action API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.serving import Stand


def rivers(stand: Stand) -> None:
    """A category with two pages, a subcategory and a file."""
    for title in ("Category:Rivers", "Category:Rivers of Asia", "Zambezi", "amazon", "File:Map.png", "Ganges"):
        stand.wikimedia.save("enwiki", title, "Amara")
    for title in ("Zambezi", "Amazon", "File:Map.png", "Category:Rivers of Asia"):
        stand.wikimedia.put_in("enwiki", title, categories=["Rivers"])
    stand.wikimedia.put_in("enwiki", "Ganges", categories=["Category:Rivers of Asia"])


async def test_a_category_lists_pages_then_subcategories_then_files(stand: Stand) -> None:
    rivers(stand)
    answer = await stand.api(list="categorymembers", cmtitle="Category:rivers", cmprop="ids|title|type", cmlimit="max")
    assert answer == {
        "batchcomplete": True,
        "query": {
            "categorymembers": [
                {"pageid": 50000004, "ns": 0, "title": "Amazon", "type": "page"},
                {"pageid": 50000003, "ns": 0, "title": "Zambezi", "type": "page"},
                {"pageid": 50000002, "ns": 14, "title": "Category:Rivers of Asia", "type": "subcat"},
                {"pageid": 50000005, "ns": 6, "title": "File:Map.png", "type": "file"},
            ]
        },
    }


async def test_a_category_is_continued_where_it_stopped(stand: Stand) -> None:
    rivers(stand)
    asked = {"list": "categorymembers", "cmpageid": "50000001", "cmlimit": "3"}
    first = await stand.api(**asked)
    assert first["continue"] == {"cmcontinue": "file|4d41502e504e47|50000005", "continue": "-||"}
    second = await stand.api(**asked, cmcontinue=first["continue"]["cmcontinue"])
    assert [row["title"] for row in second["query"]["categorymembers"]] == ["File:Map.png"]
    assert "continue" not in second


async def test_a_type_or_a_namespace_can_be_asked_for_alone(stand: Stand) -> None:
    rivers(stand)
    answer = await stand.api(list="categorymembers", cmtitle="Category:Rivers", cmtype="subcat", cmprop="ids")
    assert answer["query"]["categorymembers"] == [{"pageid": 50000002}]
    answer = await stand.api(list="categorymembers", cmtitle="Category:Rivers", cmnamespace="6", cmprop="title")
    assert answer["query"]["categorymembers"] == [{"ns": 6, "title": "File:Map.png"}]


async def test_what_left_or_was_deleted_is_no_member_and_what_is_restored_is_one_again(stand: Stand) -> None:
    rivers(stand)

    async def members() -> list[str]:
        answer = await stand.api(list="categorymembers", cmtitle="Category:Rivers", cmtype="page")
        return [row["title"] for row in answer["query"]["categorymembers"]]

    await stand.act("take_out", wiki="enwiki", title="Zambezi", categories=["Rivers"], username="Amara")
    assert await members() == ["Amazon"]
    await stand.act("delete", wiki="enwiki", title="Amazon", username="Amara")
    assert await members() == []
    await stand.act("undelete", wiki="enwiki", title="Amazon", username="Amara")
    await stand.act("put_in", wiki="enwiki", title="Ganges", categories=["Rivers"])
    assert await members() == ["Amazon", "Ganges"]


async def test_a_category_is_the_same_on_a_replica_that_is_behind(stand: Stand) -> None:
    rivers(stand)
    await stand.act("stop_replication")
    stand.wikimedia.take_out("enwiki", "Amazon", categories=["Rivers"])
    answer = await stand.api(list="categorymembers", cmtitle="Category:Rivers", cmtype="page")
    assert [row["title"] for row in answer["query"]["categorymembers"]] == ["Amazon", "Zambezi"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"list": "categorymembers"}, "missingparam"),
        ({"list": "categorymembers", "cmtitle": "Category:A", "cmpageid": "1"}, "invalidparammix"),
        ({"list": "categorymembers", "cmtitle": "Rivers"}, "invalidcategory"),
        ({"list": "categorymembers", "cmpageid": "7"}, "nosuchpageid"),
        ({"list": "categorymembers", "cmtitle": "Category:A", "cmtype": "essay"}, "badvalue"),
        ({"list": "categorymembers", "cmtitle": "Category:A", "cmprop": "colour"}, "badvalue"),
        ({"list": "categorymembers", "cmtitle": "Category:A", "cmcontinue": "page|xx"}, "badcontinue"),
        ({"list": "embeddedin"}, "missingparam"),
        ({"list": "embeddedin", "eititle": "Template:A", "eicontinue": "x"}, "badcontinue"),
    ],
)
async def test_a_list_that_cannot_be_is_an_error(stand: Stand, parameters: dict[str, str], code: str) -> None:
    assert (await stand.api(**parameters))["error"]["code"] == code


async def test_transclusions_come_by_namespace_and_number_and_are_continued(stand: Stand) -> None:
    for title in ("Template:River", "Talk:A", "B", "A"):
        stand.wikimedia.save("enwiki", title, "Amara")
    stand.wikimedia.save("enwiki", "C", "Amara", redirect_to="A")
    for title in ("Talk:A", "B", "A", "C"):
        stand.wikimedia.put_in("enwiki", title, templates=["River"])
    asked = {"list": "embeddedin", "eititle": "Template:River", "eilimit": "3"}
    first = await stand.api(**asked)
    assert first["query"]["embeddedin"] == [
        {"pageid": 50000003, "ns": 0, "title": "B"},
        {"pageid": 50000004, "ns": 0, "title": "A"},
        {"pageid": 50000005, "ns": 0, "title": "C", "redirect": True},
    ]
    second = await stand.api(**asked, eicontinue=first["continue"]["eicontinue"])
    assert (first["continue"]["eicontinue"], second["query"]["embeddedin"]) == (
        "1|50000002",
        [{"pageid": 50000002, "ns": 1, "title": "Talk:A"}],
    )


async def test_who_uses_a_redirect_to_a_template_uses_the_template(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "Template:River", "Amara")
    stand.wikimedia.save("enwiki", "Template:Stream", "Amara", redirect_to="Template:River")
    stand.wikimedia.save("enwiki", "A", "Amara")
    stand.wikimedia.put_in("enwiki", "A", templates=["Stream"])
    for title in ("Template:River", "Template:Stream"):
        answer = await stand.api(list="embeddedin", eititle=title)
        assert [row["title"] for row in answer["query"]["embeddedin"]] == ["A"]


async def test_redirects_and_other_writings_are_told_and_followed(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "C", "Amara")
    stand.wikimedia.save("enwiki", "B", "Amara", redirect_to="C")
    stand.wikimedia.save("enwiki", "A", "Amara", redirect_to="B")
    stand.wikimedia.save("enwiki", "Lost", "Amara", redirect_to="Nowhere")
    answer = await stand.api(prop="info", titles="a|Image:x_y|Lost", redirects="1")
    query: dict[str, Any] = answer["query"]
    assert query["normalized"] == [
        {"fromencoded": False, "from": "a", "to": "A"},
        {"fromencoded": False, "from": "Image:x_y", "to": "File:X y"},
    ]
    assert query["redirects"] == [
        {"from": "A", "to": "B"},
        {"from": "B", "to": "C"},
        {"from": "Lost", "to": "Nowhere"},
    ]
    assert [(page["title"], page.get("pageid")) for page in query["pages"]] == [
        ("File:X y", None),
        ("Nowhere", None),
        ("C", 50000001),
    ]


async def test_redirects_in_a_circle_come_to_an_end(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "A", "Amara", redirect_to="B")
    stand.wikimedia.save("enwiki", "B", "Amara", redirect_to="A")
    answer = await stand.api(prop="info", titles="A", redirects="1")
    assert answer["query"]["redirects"] == [{"from": "A", "to": "B"}, {"from": "B", "to": "A"}]


async def test_templates_and_links_of_a_page_are_told(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "Category:Old", "Amara")
    stand.wikimedia.put_in(
        "enwiki", "Category:Old", templates=["Category redirect", "X"], links=["Category:New", "Help:Categories"]
    )
    answer = await stand.api(
        prop="templates|links", titles="Category:Old", tltemplates="Template:Category redirect", plnamespace="14"
    )
    assert answer["query"]["pages"] == [
        {
            "pageid": 50000001,
            "ns": 14,
            "title": "Category:Old",
            "templates": [{"ns": 10, "title": "Template:Category redirect"}],
            "links": [{"ns": 14, "title": "Category:New"}],
        }
    ]


async def test_other_names_of_namespaces_are_told_and_understood(stand: Stand) -> None:
    answer = await stand.api("dewiki", meta="siteinfo", siprop="namespaces|namespacealiases")
    assert answer["query"]["namespacealiases"] == [
        {"id": 2, "alias": "Benutzerin"},
        {"id": 4, "alias": "WP"},
        {"id": 6, "alias": "Bild"},
        {"id": 6, "alias": "Image"},
        {"id": 7, "alias": "Image talk"},
    ]
    assert answer["query"]["namespaces"]["-1"]["name"] == "Special"
    stand.wikimedia.save("dewiki", "Datei:A.jpg", "Greta")
    assert stand.wikimedia.page("dewiki", "bild:a.jpg").title == "Datei:A.jpg"
