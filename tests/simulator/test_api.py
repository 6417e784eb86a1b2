# SPDX-License-Identifier: GPL-3.0-or-later
"""The Action API: how requests are read, and what users and sites look like."""

from __future__ import annotations

import pytest

from tests.simulator.serving import AGENT, Stand

OLD = "2015-05-15T15:52:37Z"


async def users(stand: Stand, names: str, wiki: str = "enwiki") -> object:
    answer = await stand.api(wiki, list="users", ususers=names, usprop="centralids|registration")
    assert answer["batchcomplete"] is True
    return answer["query"]["users"]


async def test_a_user_has_a_local_and_a_central_number(stand: Stand) -> None:
    stand.wikimedia.create_user("Amara", registered=OLD, wikis=["arwiki"])
    assert await users(stand, "amara", "arwiki") == [
        {
            "userid": 5000001,
            "name": "Amara",
            "registration": OLD,
            "centralids": {"CentralAuth": 70000001, "local": 5000001},
            "attachedlocal": {"CentralAuth": True, "local": True},
        }
    ]


async def test_names_are_written_as_mediawiki_writes_them(stand: Stand) -> None:
    for name in ("Élan vital", "林溪月白", "ليلى النورسية"):
        stand.wikimedia.create_user(name)
    found = await stand.api(list="users", ususers="élan__vital|_林溪月白_|ليلى_النورسية|élan vital")
    assert [user["name"] for user in found["query"]["users"]] == [
        "Élan vital",
        "林溪月白",
        "ليلى النورسية",
        "Élan vital",
    ]


@pytest.mark.parametrize("name", ["10.0.0.1", "2001:db8::1:2", "a#b", "a<b", "x@y", "A/b", "é" * 118])
async def test_what_cannot_be_a_name_is_invalid(stand: Stand, name: str) -> None:
    assert await users(stand, name) == [{"name": name, "invalid": True}]


async def test_who_is_nowhere_or_not_on_this_wiki_is_missing(stand: Stand) -> None:
    stand.wikimedia.create_user("Amara", home="arwiki")
    assert await users(stand, "Amara|nobody") == [
        {"name": "Amara", "missing": True},
        {"name": "Nobody", "missing": True},
    ]


async def test_a_renamed_user_is_found_under_the_new_name_with_the_old_number(stand: Stand) -> None:
    stand.wikimedia.create_user("Amara", registered=OLD)
    await stand.act("rename_user", old="Amara", new="Amara II")
    answer = await stand.api(list="users", ususers="Amara|Amara II", usprop="centralids")
    old, new = answer["query"]["users"]
    assert old == {"name": "Amara", "missing": True}
    assert new["centralids"]["CentralAuth"] == 70000001


async def test_users_are_found_by_number_too(stand: Stand) -> None:
    stand.wikimedia.create_user("Amara")
    answer = await stand.api(list="users", ususerids="5000001|9")
    assert answer["query"]["users"] == [{"userid": 5000001, "name": "Amara"}, {"userid": 9, "missing": True}]


async def test_more_than_fifty_values_are_an_error_with_http_200(stand: Stand) -> None:
    answer = await stand.api(list="users", ususers="|".join(f"U{number}" for number in range(51)))
    assert answer == {
        "error": {
            "code": "toomanyvalues",
            "info": 'Too many values supplied for parameter "ususers". The limit is 50.',
            "parameter": "ususers",
            "limit": 50,
            "lowlimit": 50,
            "highlimit": 500,
            "docref": "See https://en.wikipedia.org/w/api.php for API usage.",
        }
    }


async def test_a_global_user_is_told_with_the_wikis_of_the_account(stand: Stand) -> None:
    stand.wikimedia.create_user("Amara", registered=OLD, home="dewiki")
    stand.wikimedia.save("enwiki", "A", "Amara")
    answer = await stand.api(meta="globaluserinfo", guiuser="amara", guiprop="merged|editcount")
    found = answer["query"]["globaluserinfo"]
    assert {name: found[name] for name in ("home", "id", "registration", "name", "editcount")} == {
        "home": "dewiki",
        "id": 70000001,
        "registration": OLD,
        "name": "Amara",
        "editcount": 1,
    }
    assert [(merged["wiki"], merged["method"], merged["editcount"]) for merged in found["merged"]] == [
        ("dewiki", "primary", 0),
        ("enwiki", "login", 1),
    ]


async def test_a_global_user_can_be_missing_or_impossible(stand: Stand) -> None:
    assert (await stand.api(meta="globaluserinfo", guiuser="Nobody"))["query"] == {"globaluserinfo": {"missing": True}}
    answer = await stand.api(meta="globaluserinfo", guiuser="a|b")
    assert (answer["error"]["code"], answer["error"]["info"]) == (
        "baduser",
        'Invalid value "a|b" for user parameter "guiuser".',
    )


async def test_a_site_tells_its_name_and_its_namespaces_in_its_own_words(stand: Stand) -> None:
    answer = await stand.api("arwiki", meta="siteinfo", siprop="general|namespaces")
    general, namespaces = answer["query"]["general"], answer["query"]["namespaces"]
    assert (general["wikiid"], general["servername"], general["lang"], general["sitename"], general["rtl"]) == (
        "arwiki",
        "ar.wikipedia.org",
        "ar",
        "ويكيبيديا",
        True,
    )
    assert general["time"] == "2026-09-27T16:17:12Z"
    assert namespaces["6"] == {
        "id": 6,
        "case": "first-letter",
        "name": "ملف",
        "subpages": False,
        "canonical": "File",
        "content": False,
        "nonincludable": False,
    }
    assert (namespaces["0"]["name"], namespaces["0"]["content"]) == ("", True)
    assert "canonical" not in namespaces["0"]


async def test_several_modules_answer_in_one_request_and_post_is_read_too(stand: Stand) -> None:
    form = {
        "action": "query",
        "format": "json",
        "formatversion": "2",
        "list": "users",
        "ususers": "X",
        "meta": "siteinfo",
    }
    answer = await stand.client.post(f"{stand.base}/w/enwiki/api.php", data=form)
    assert sorted(answer.json()["query"]) == ["general", "users"]


async def test_a_parameter_nobody_knows_is_a_warning(stand: Stand) -> None:
    answer = await stand.api(list="users", ususer="Amara", usname="x")
    assert answer["warnings"] == {"main": {"warnings": "Unrecognized parameters: usname, ususer."}}


@pytest.mark.parametrize(
    ("parameters", "info"),
    [
        ({"list": "allpages"}, 'Unrecognized value for parameter "list": allpages.'),
        ({"action": "edit"}, 'Unrecognized value for parameter "action": edit.'),
        ({"list": "users", "usprop": "shoesize"}, 'Unrecognized value for parameter "usprop": shoesize.'),
        ({"meta": "siteinfo", "siprop": "weather"}, 'Unrecognized value for parameter "siprop": weather.'),
        ({"formatversion": "1"}, 'This stand-in answers with "formatversion" 2 only.'),
    ],
)
async def test_a_value_nobody_knows_is_an_error(stand: Stand, parameters: dict[str, str], info: str) -> None:
    answer = await stand.api(**parameters)
    assert (answer["error"]["code"], answer["error"]["info"]) == ("badvalue", info)


async def test_without_format_json_the_answer_is_a_page(stand: Stand) -> None:
    answer = await stand.client.get(f"{stand.base}/w/enwiki/api.php?action=query")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_an_unknown_wiki_is_a_404_and_a_nameless_client_a_403(stand: Stand) -> None:
    assert (await stand.client.get(f"{stand.base}/w/xxwiki/api.php?format=json")).status_code == 404
    answer = await stand.client.get(f"{stand.base}/w/enwiki/api.php", headers={"user-agent": "python-httpx/0.28"})
    assert answer.status_code == 403
    assert AGENT not in answer.text


async def test_lag_beyond_maxlag_is_an_error_with_a_time_to_wait(stand: Stand) -> None:
    await stand.act("faults", api_lag=7.5)
    assert "query" in await stand.api(meta="siteinfo")
    assert "query" in await stand.api(meta="siteinfo", maxlag="8")
    parameters = {"action": "query", "format": "json", "formatversion": "2", "maxlag": "5"}
    answer = await stand.client.get(f"{stand.base}/w/enwiki/api.php", params=parameters)
    assert (answer.status_code, answer.headers["retry-after"], answer.headers["mediawiki-api-error"]) == (
        200,
        "5",
        "maxlag",
    )
    assert (answer.json()["error"]["code"], answer.json()["error"]["lag"]) == ("maxlag", 7.5)


async def test_the_api_can_be_down_or_fail_a_number_of_times(stand: Stand) -> None:
    await stand.act("faults", api_status=503)
    assert (await stand.client.get(f"{stand.base}/w/enwiki/api.php?format=json")).status_code == 503
    await stand.act("clear_faults")
    await stand.act("faults", api_errors=["ratelimited"])
    assert (await stand.api(meta="siteinfo"))["error"]["code"] == "ratelimited"
    assert "query" in await stand.api(meta="siteinfo")
