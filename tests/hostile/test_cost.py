# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input, rows 1 to 11: documents and bodies that would cost too much, and what is told of faults."""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.hostile.target import ORGANIZER, PASSCODE, Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

MUTATION_NAMES = [f"M{number}" for number in range(10)]


def bomb(levels: int, spread: str = "NEXT NEXT") -> str:
    """Fragments of which each spreads the next twice."""
    links = "".join(f"fragment F{n} on Query {{ {spread.replace('NEXT', f'...F{n + 1}')} }} " for n in range(levels))
    return f"{{ ...F0 }} {links} fragment F{levels} on Query {{ viewer {{ username }} }}"


async def refused(service: Service, query: str) -> str:
    """The one code of a document that is refused before anything of it is executed."""
    async with service.unchanged():
        response = await service.post({"query": query})
    assert response.status_code == 400
    assert "data" not in response.json()
    codes = {error["extensions"]["code"] for error in response.json()["errors"]}
    assert len(codes) == 1
    return str(codes.pop())


@pytest.mark.parametrize(
    ("number", "code"), [(31, "QUERY_TOO_LARGE"), (101, "QUERY_TOO_LARGE"), (20_000, "GRAPHQL_PARSE_FAILED")]
)
async def test_row_01_aliases_of_one_field(service: Service, number: int, code: str) -> None:
    query = "{" + " ".join(f"a{each}: viewer {{ username }}" for each in range(number)) + "}"
    query = query[: 200 * 1024]
    assert await refused(service, query) == code


async def test_row_01_thirty_aliases_are_allowed(service: Service) -> None:
    query = "{" + " ".join(f"a{each}: viewer {{ username }}" for each in range(30)) + "}"
    assert await service.codes(query) == []


OVERLAPPING = " ".join(f"...O{n}" for n in range(200))
OVERLAPS = " ".join(f"fragment O{n} on Query {{ viewer {{ username }} }}" for n in range(200))
FEWER = f"{{ {OVERLAPPING.partition('...O140')[0]} }} {OVERLAPS.partition('fragment O140')[0]}"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{" + "service { connected } " * 500 + "}", "GRAPHQL_PARSE_FAILED"),
        ("{ service {" + "connected " * 500 + "} }", "QUERY_TOO_LARGE"),
        ("{ service {" + "connected " * 3_000 + "} }", "GRAPHQL_PARSE_FAILED"),
        ("{ service {" + "asOf: connected " * 200 + "} }", "QUERY_TOO_LARGE"),
        (f"{{ {OVERLAPPING} }} {OVERLAPS}", "GRAPHQL_PARSE_FAILED"),
        (FEWER, "QUERY_TOO_LARGE"),
    ],
    ids=["500 times", "a leaf 500 times", "3,000 times", "one alias 200 times", "200 fragments", "140 fragments"],
)
async def test_row_02_one_field_again_and_again(service: Service, query: str, code: str) -> None:
    assert await refused(service, query) == code


@pytest.mark.parametrize("number", [51, 600, 2_000])
async def test_row_03_directives(service: Service, number: int, caplog: pytest.LogCaptureFixture) -> None:
    response = await service.post({"query": "{ service { connected " + "@aa " * number + "} }"})
    assert response.status_code == 400
    assert len(response.json()["errors"]) == 1
    assert len(response.content) < 500
    assert [record for record in caplog.records if record.name.startswith(("graph", "strawberry"))] == []


DEEP = "{ programs(first: 1) { nodes {" + " editors(first: 1) { nodes { programs(first: 1) { nodes {" * 4
HIDDEN = """query { programs(first: 1) { nodes { ...A } } }
    fragment A on Program { editors(first: 1) { nodes { ...B } } }
    fragment B on ProgramEditor { node: editor { programs(first: 1) { nodes { ...C } } } }
    fragment C on Program { campaigns(first: 1) { nodes { programs(first: 1) { nodes { ...D } } } } }
    fragment D on Program { campaigns(first: 1) { nodes { programs(first: 1) { nodes { ...E } } } } }
    fragment E on Program { campaigns(first: 1) { nodes { programs(first: 1) { nodes { slug } } } } }"""


async def test_row_04_depth_through_what_leads_back(service: Service) -> None:
    deep = (
        "{ programs(first: 1) { nodes " + "{ campaigns(first: 1) { nodes { programs(first: 1) { nodes " * 4 + "{ slug }"
    )
    assert await refused(service, deep + " } } } }" * 4 + " } }") == "QUERY_TOO_LARGE"


async def test_row_04_depth_hidden_in_fragments(service: Service) -> None:
    assert await refused(service, HIDDEN) == "QUERY_TOO_LARGE"


async def test_row_04_breadth_by_cost(service: Service) -> None:
    wide = "{ programs(first: 100) { nodes { campaigns(first: 100) { nodes { programs(first: 100) { nodes { slug"
    wide += " }" * 7
    response = await service.post({"query": wide})
    assert response.status_code == 400
    assert response.json()["extensions"]["cost"] == {"requestedQueryCost": 1_000_000, "maximumQueryCost": 50_000}


CIRCULAR = {
    "itself": "{ ...A } fragment A on Query { ...A }",
    "two": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "through fields": """{ programs { nodes { ...P } } } fragment P on Program { campaigns { nodes { ...C } } }
        fragment C on Campaign { programs { nodes { ...P } } }""",
}


@pytest.mark.parametrize("query", CIRCULAR.values(), ids=CIRCULAR.keys())
async def test_row_05_circular_fragments(service: Service, query: str) -> None:
    assert await refused(service, query) == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize("levels", [18, 25, 60])
@pytest.mark.parametrize("spread", ["NEXT NEXT", "a: __typename NEXT b: __typename NEXT"])
async def test_row_05_a_fragment_bomb(service: Service, levels: int, spread: str) -> None:
    assert await refused(service, bomb(levels, spread)) == "QUERY_TOO_LARGE"


async def test_row_05_ten_thousand_fragments(service: Service) -> None:
    query = "{ __typename }" + "".join(f"fragment F{n} on Query{{a}}" for n in range(10_000))
    assert await refused(service, query[: 250 * 1024]) == "GRAPHQL_PARSE_FAILED"


@pytest.mark.parametrize("text", ["{" * 50_000, "{ a " * 50_000, "[" * 50_000, "query(" * 30_000])
async def test_row_05_brackets(service: Service, text: str) -> None:
    assert await refused(service, text) == "GRAPHQL_PARSE_FAILED"


@pytest.mark.parametrize("megabytes", [5, 18, 20])
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "in pieces"])
async def test_row_05_bodies_of_megabytes(service: Service, megabytes: int, declared: bool) -> None:
    variables = {"slug": "x" * (megabytes * 1024 * 1024)}
    body = json.dumps({"query": "query ($slug: String!) { program(slug: $slug) { slug } }", "variables": variables})
    content = body.encode() if declared else pieces(body.encode())
    response = await service.client.post(service.url, content=content, headers={"content-type": "application/json"})
    assert response.status_code == 413
    assert response.json() == {
        "errors": [{"message": "A request has at most 262144 bytes.", "extensions": {"code": "BAD_REQUEST"}}]
    }


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 64 * 1024):
        yield body[start : start + 64 * 1024]


async def test_row_05_a_deflate_bomb(service: Service) -> None:
    packed = zlib.compress(b" " * 10_000_000 + b'{"query": "{ __typename }"}')
    for encoding in ("deflate", "gzip", "br"):
        response = await service.post(packed, **{"content-encoding": encoding})
        assert response.status_code == 415


FIRST = "query ($first: Int) { programs(first: $first) { totalCount nodes { slug } } }"


@pytest.mark.parametrize(
    ("first", "codes", "given"),
    [
        (99_999_999, ["INVALID"], None),
        (101, ["INVALID"], None),
        (-1, ["INVALID"], None),
        (-(2**31), ["INVALID"], None),
        (2**53, ["BAD_USER_INPUT"], None),
        (1.5, ["BAD_USER_INPUT"], None),
        ("25", ["BAD_USER_INPUT"], None),
        (True, ["BAD_USER_INPUT"], None),
        ([1], ["BAD_USER_INPUT"], None),
        (0, [], 0),
        (None, [], 1),
        (100, [], 1),
    ],
)
async def test_row_06_how_many(service: Service, first: Any, codes: list[str], given: int | None) -> None:
    answer = await service.ask(FIRST, first=first)
    assert [error["extensions"]["code"] for error in answer.get("errors", ())] == codes
    if given is not None:
        assert len(answer["data"]["programs"]["nodes"]) == given


async def test_row_07_a_batch_is_no_request(service: Service) -> None:
    async with service.unchanged():
        create = {"query": 'mutation { createCampaign(input: {title: "Batch"}) { campaign { slug } } }'}
        response = await service.post(json.dumps([create] * 10).encode(), ORGANIZER)
    assert (response.status_code, response.json()["errors"][0]["message"]) == (
        400,
        "A GraphQL request is a JSON object.",
    )


async def test_row_07_of_ten_operations_the_one_named_runs(service: Service) -> None:
    document = " ".join(
        f'mutation {name} {{ createCampaign(input: {{title: "Spring of {name}"}}) {{ campaign {{ slug }} }} }}'
        for name in MUTATION_NAMES
    )
    async with service.unchanged():
        for name in (None, "", "M10"):
            response = await service.post({"query": document, "operationName": name}, ORGANIZER)
            assert response.status_code == 400
    response = await service.post({"query": document, "operationName": "M7"}, ORGANIZER)
    assert response.json()["data"] == {"createCampaign": {"campaign": {"slug": "Spring_of_M7"}}}
    assert await service.pool.fetchval("SELECT count(*) FROM campaign WHERE title LIKE 'Spring of M%'") == 1


def guesses(program_id: str, number: int) -> str:
    inputs = (f'{{programId: "{program_id}", passcode: "guess {each}"}}' for each in range(number))
    fields = (f"g{each}: joinProgram(input: {given}) {{ userErrors {{ code }} }}" for each, given in enumerate(inputs))
    return f"mutation {{ {' '.join(fields)} }}"


async def test_row_08_fifty_guesses_in_a_request_are_refused(service: Service) -> None:
    async with service.unchanged():
        response = await service.post({"query": guesses(service.program["id"], 50)}, "Chidi")
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "QUERY_TOO_LARGE"


async def test_row_08_each_guess_of_a_request_counts_and_the_program_is_never_locked(service: Service) -> None:
    answer = await service.ask(guesses(service.program["id"], 30), "Ada")
    codes = [answer["data"][f"g{each}"]["userErrors"][0]["code"] for each in range(30)]
    assert set(codes) == {"WRONG_PASSCODE", "RATE_LIMITED"}
    assert codes == sorted(codes, reverse=True)
    joined = await service.change(
        "joinProgram", "program { slug }", as_="Chidi", programId=service.program["id"], passcode=PASSCODE
    )
    assert joined["program"]["slug"] == service.program["slug"]


async def test_row_10_introspection_is_open_and_cannot_go_in_circles(service: Service) -> None:
    open_ = await service.ask("{ __schema { queryType { name } } }")
    assert open_["data"]["__schema"] == {"queryType": {"name": "Query"}}
    circle = "{ __schema { types { fields { type " + "{ fields { type " * 6 + "{ name }" + " } }" * 6 + " } } } }"
    assert await refused(service, circle) == "GRAPHQL_VALIDATION_FAILED"
    many = "{" + " ".join(f"a{n}: __schema {{ types {{ name }} }}" for n in range(3)) + "}"
    assert await refused(service, many) == "QUERY_TOO_LARGE"


async def test_row_10_fields_are_suggested_and_nothing_is_traced(service: Service) -> None:
    response = await service.post({"query": "{ progams { totalCount } }"}, **{"x-apollo-tracing": "1"})
    (error,) = response.json()["errors"]
    assert "Did you mean 'programs'" in error["message"]
    answered = await service.post({"query": "{ __typename }"}, **{"x-apollo-tracing": "1"})
    assert set(answered.json()["extensions"]) == {"cost"}


async def test_row_10_nonsense_is_one_error(service: Service) -> None:
    response = await service.post({"query": "qwerty cop { abc }"})
    assert response.status_code == 400
    assert len(response.json()["errors"]) == 1
    assert response.headers["content-type"].startswith("application/json")


async def test_row_03_and_10_what_clients_do_wrong_is_not_logged(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="strawberry")
    for query in ("{", "{ nope }", "query ($a: Nope) { __typename }", "{ programs(first: -1) { totalCount } }"):
        await service.ask(query)
    assert [record.name for record in caplog.records if record.name.startswith(("graph", "strawberry"))] == []
