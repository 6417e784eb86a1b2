# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input: values that fit the schema and nothing else, in every field of every mutation, and in questions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    build_schema,
)

from graph.schema import ids
from graph.schema.root import sdl
from tests.hostile.target import ADA, ERRORS, ORGANIZER, Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEMA = build_schema(sdl())
assert SCHEMA.mutation_type is not None
MUTATIONS = SCHEMA.mutation_type.fields

TEXTS = {
    "nothing": "",
    "blanks": " \t\n ",
    "slashes and markup": "../../a/b?c#d%2F..;/<script>alert(1)</script>{{7*7}}${7*7}",
    "SQL and formulas": "=HYPERLINK(1)'; DROP TABLE program; -- %_\\ __proto__",
    "control characters": "a\x01\x07\x1b[31m\x7f\x85b\r\nSet-Cookie: b=c\u2028d",
    "nul": "a\0b",
    "10,000 characters": "long " * 2_000,
    "emoji and right to left": "👩🏽\u200d🚀" * 9 + "\u202egnp.exe\u202c \u200f\u2067שלום\u2069",
    "invisible": "\u200b\u2060\ufeff",
}


def kinds_of(mutation: str) -> dict[str, Any]:
    """The fields of a mutation's input."""
    input_type = MUTATIONS[mutation].args["input"].type
    assert isinstance(input_type, GraphQLNonNull)
    assert isinstance(input_type.of_type, GraphQLInputObjectType)
    return dict(input_type.of_type.fields)


def filled(kind: GraphQLInputType, text: str, id_: str) -> Any:
    """A value of a type: ``text`` in every string, ``id_`` in every id."""
    if isinstance(kind, GraphQLNonNull):
        return filled(kind.of_type, text, id_)
    if isinstance(kind, GraphQLList):
        return [filled(kind.of_type, text, id_)]
    if isinstance(kind, GraphQLInputObjectType):
        return {name: filled(field.type, text, id_) for name, field in kind.fields.items()}
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    plain = {"String": text, "ID": id_, "Int": -1, "BigInt": 2**53, "Boolean": True, "DateTime": "0001-01-01T00:00:00Z"}
    return plain[kind.name]


def document(mutation: str) -> str:
    kind = MUTATIONS[mutation].args["input"].type
    return f"mutation ($input: {kind}) {{ it: {mutation}(input: $input) {{ {ERRORS} }} }}"


def id_fields(mutation: str) -> Iterator[str]:
    for name, field in kinds_of(mutation).items():
        if str(field.type).startswith("ID"):
            yield name


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
async def test_no_text_in_any_field_of_any_mutation_is_more_than_a_fault(service: Service, text: str) -> None:
    scratch = await service.change(
        "createProgram",
        "program { id }",
        title=f"Scratch {sorted(TEXTS.values()).index(text)}",
        institution="Anybody",
        trackingStart="2026-01-01T00:00:00Z",
        trackingEnd="2035-01-01T00:00:00Z",
        homeWiki="enwiki",
    )
    for mutation in MUTATIONS:
        given = {name: filled(field.type, text, scratch["program"]["id"]) for name, field in kinds_of(mutation).items()}
        answer = await service.ask(document(mutation), ORGANIZER, input=given)
        told = answer.get("errors") or answer["data"]["it"]["userErrors"]
        assert all(error.get("code") or error["extensions"]["code"] for error in told), (mutation, told)


@pytest.mark.parametrize("mutation", [name for name in MUTATIONS if any(id_fields(name))])
async def test_an_id_of_another_kind_names_nothing(service: Service, mutation: str) -> None:
    others = (ids.encode(ids.Kind.EDITOR, 1), ids.encode_edit("enwiki", 1), "Program:1", "")
    async with service.unchanged():
        for id_ in others:
            given = {name: filled(field.type, "x", id_) for name, field in kinds_of(mutation).items()}
            answer = await service.ask(document(mutation), ORGANIZER, input=given)
            assert answer.get("errors") or answer["data"]["it"]["userErrors"]


INSTANTS = {
    "without an offset": "2026-11-22T18:30:00",
    "without a time": "2026-11-22",
    "with blanks": " 2026-11-22T18:30:00Z",
    "no day": "2026-02-30T00:00:00Z",
    "beyond all years": "99999-01-01T00:00:00Z",
    "a number": 1_700_000_000,
    "a word": "now",
    "an object": {"at": "2026-11-22T18:30:00Z"},
}


@pytest.mark.parametrize("instant", INSTANTS.values(), ids=INSTANTS.keys())
async def test_what_is_no_instant_is_refused_wherever_it_stands(service: Service, instant: Any) -> None:
    query = """query ($slug: String!, $from: DateTime) {
        program(slug: $slug) { timeline(bucket: DAY, from: $from) { at } }
    }"""
    assert await service.codes(query, slug=service.program["slug"], **{"from": instant}) == ["INVALID"]
    changed = await service.faults(
        "createProgram",
        title="T",
        institution="I",
        homeWiki="enwiki",
        trackingStart=instant,
        trackingEnd="2026-12-01T00:00:00Z",
    )
    assert changed == [("INVALID", None)]


WINDOWS = {
    "reversed": ("2026-12-01T00:00:00Z", "2026-11-01T00:00:00Z"),
    "years apart": ("2001-01-01T00:00:00Z", "2026-11-01T00:00:00Z"),
    "at the ends of time": ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
    "over the edge by its offset": ("0001-01-01T00:00:00+14:00", "2026-11-01T00:00:00Z"),
}


@pytest.mark.parametrize(("start", "end"), WINDOWS.values(), ids=WINDOWS.keys())
async def test_dates_that_make_no_window_are_refused(service: Service, start: str, end: str) -> None:
    (fault,) = await service.faults(
        "createProgram", title="T", institution="I", homeWiki="enwiki", trackingStart=start, trackingEnd=end
    )
    assert fault[0] == "INVALID"


async def test_a_timeline_of_a_year_by_the_minute_is_refused_and_told_what_fits(service: Service) -> None:
    query = """query ($slug: String!, $bucket: TimeBucket!, $from: DateTime, $to: DateTime) {
        program(slug: $slug) { timeline(bucket: $bucket, from: $from, to: $to) { at } }
    }"""
    year = {"from": "2026-01-01T00:00:00Z", "to": "2026-12-31T23:59:59Z"}
    answer = await service.ask(query, slug=service.program["slug"], bucket="MINUTE", **year)
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "INVALID", "field": ["bucket"]}
    assert "the finest bucket that fits is DAY" in error["message"]
    backwards = {"from": year["to"], "to": year["from"]}
    assert await service.codes(query, slug=service.program["slug"], bucket="MINUTE", **backwards) == ["INVALID"]


@pytest.mark.parametrize(
    "wiki", ["nowiki2", "", "enwiki\0", "en.wikipedia.org.evil.example", "../enwiki", "ENWIKI; --"]
)
async def test_unknown_wikis_are_refused_by_name(service: Service, wiki: str) -> None:
    window = {"trackingStart": "2026-11-01T00:00:00Z", "trackingEnd": "2026-12-01T00:00:00Z"}
    for more in ({"homeWiki": wiki}, {"homeWiki": "enwiki", "trackedWikis": [{"wiki": wiki, "namespaces": [0]}]}):
        (fault, *_) = await service.faults("createProgram", title="T", institution="I", **window, **more)
        assert fault[0] in ("UNKNOWN_WIKI", "INVALID")
    assert await service.ask("query ($wiki: String!) { wiki(dbname: $wiki) { dbname } }", wiki=wiki)


async def test_a_passcode_of_a_megabyte_is_refused_unread_and_one_of_200_kilobytes_is_wrong(service: Service) -> None:
    given = {"programId": service.program["id"], "passcode": "x" * 1024 * 1024}
    async with service.unchanged():
        response = await service.post({"query": document("joinProgram"), "variables": {"input": given}}, ADA)
    assert response.status_code == 413
    (fault,) = await service.faults("joinProgram", ADA, programId=service.program["id"], passcode="x" * 200 * 1024)
    assert fault[0] in ("WRONG_PASSCODE", "TOO_LONG")


@pytest.mark.parametrize("passcode", ["", " ", "\0", "open sesam", "open sesame!", "OPEN SESAME", "%", "' OR 1=1 --"])
async def test_a_passcode_that_is_not_the_one_is_wrong(service: Service, passcode: str) -> None:
    (fault,) = await service.faults("joinProgram", ADA, programId=service.program["id"], passcode=passcode)
    assert fault[0] in ("WRONG_PASSCODE", "RATE_LIMITED", "INVALID")


async def test_row_25_ids_and_cursors_that_were_not_given_out_lead_nowhere(service: Service) -> None:
    node = "query ($id: ID!) { node(id: $id) { id } }"
    for id_ in ("", "x", "\0", "a" * 10_000, ids.encode(ids.Kind.PROGRAM, 2**62), ids.encode_edit("enwiki", 2**62)):
        assert (await service.ask(node, id=id_))["data"] == {"node": None}
    page = "query ($after: String) { programs(first: 1, after: $after) { pageInfo { endCursor } } }"
    cursor = (await service.ask(page))["data"]["programs"]["pageInfo"]["endCursor"]
    assert (await service.ask(page, after=cursor)).get("errors") is None
    for altered in (cursor[:-2], cursor + "AA", cursor.swapcase(), "", "a" * 10_000, "\0"):
        assert await service.codes(page, after=altered) == ["INVALID"]
    other = "query ($after: String) { campaigns(after: $after) { totalCount } }"
    assert await service.codes(other, after=cursor) == ["INVALID"]


async def test_row_39_what_databases_understand_is_searched_as_text(service: Service) -> None:
    search = """query ($search: String!) {
        campaigns(search: $search) { totalCount }
        organizations(search: $search) { totalCount }
        programs(filter: {search: $search}) { nodes { title } }
    }"""
    await service.change("createCampaign", "campaign { slug }", title="100%_sure\\ 'really'")
    for text in ("%_", "\\", "'r", "100%"):
        assert (await service.ask(search, search=text))["data"]["campaigns"]["totalCount"] == 1
    for text in ("_0", "%%", "(a+)+$", "a" * 10_000, "'; SELECT pg_sleep(9); --", "$.a[*]"):
        answer = await service.ask(search, search=text)
        assert answer["data"]["campaigns"]["totalCount"] == 0
    assert set(await service.codes(search, search="\0")) == {"INVALID"}
    order = await service.codes("{ programs(orderBy: ID_DESC) { totalCount } }")
    assert order == ["GRAPHQL_VALIDATION_FAILED"]
