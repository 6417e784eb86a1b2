# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graph.errors import ErrorCode
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.resolvers.signing_in import actor_of_screen, actor_with_token
from graph.schema import ids
from tests.resolvers.stage import Stage, told

TOKENS = "{ viewer { accessTokens { id name createdAt lastUsedAt expiresAt } } }"
SCREENS = "query($slug: String!) { program(slug: $slug) { screenTokens { id name createdAt lastUsedAt } } }"


async def listed(stage: Stage, actor: Actor) -> list[dict[str, Any]]:
    return list((await stage.api.ask(TOKENS, actor))["viewer"]["accessTokens"])


async def screens(stage: Stage, actor: Actor, slug: str) -> Any:
    program = (await stage.api.ask(SCREENS, actor, slug=slug))["program"]
    return None if program is None else program["screenTokens"]


async def app_of(stage: Stage, owner: Actor, **fields: Any) -> Actor:
    """Whoever comes with a new token of the owner's."""
    secret = (await stage.done("createAccessToken", owner, **({"name": "app"} | fields)))["secret"]
    actor = await actor_with_token(stage.deps, secret, ())
    assert actor is not None
    return actor


# ---------------------------------------------------------------- access tokens


async def test_an_app_with_a_token_is_its_owner(stage: Stage, amara: Actor) -> None:
    app = await app_of(stage, amara)
    assert app == amara
    assert (await stage.program(app))["facilitators"] == [{"username": "Amara Quill"}]


async def test_a_token_is_told_once_and_only_its_hash_is_kept(stage: Stage, amara: Actor) -> None:
    made = await stage.done("createAccessToken", amara, name="Wiki\u200e bot ")
    assert made["secret"].startswith("pga_")
    assert made["secret"] not in str(await stage.dump())
    (token,) = await listed(stage, amara)
    assert token["name"] == "Wiki bot"
    assert (token["lastUsedAt"], token["expiresAt"]) == (None, None)
    assert datetime.fromisoformat(token["createdAt"]) == stage.api.now


async def test_the_last_use_is_written_at_most_once_a_minute(stage: Stage, amara: Actor) -> None:
    secret = (await stage.done("createAccessToken", amara, name="app"))["secret"]
    first = stage.api.now
    seen = []
    for seconds in (0, 59, 60, 61):
        stage.api.now = first + timedelta(seconds=seconds)
        await actor_with_token(stage.deps, secret, ())
        (token,) = await listed(stage, amara)
        seen.append((datetime.fromisoformat(token["lastUsedAt"]) - first).total_seconds())
    assert seen == [0, 0, 60, 60]


async def test_a_token_stops_working_when_it_runs_out(stage: Stage, amara: Actor) -> None:
    until = stage.api.now + timedelta(days=1)
    secret = (await stage.done("createAccessToken", amara, name="app", expiresAt=until.isoformat()))["secret"]
    stage.api.now = until - timedelta(seconds=1)
    assert await actor_with_token(stage.deps, secret, ()) == amara
    stage.api.now = until
    assert await actor_with_token(stage.deps, secret, ()) is None
    assert len(await listed(stage, amara)) == 1


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"name": ""}, [("INVALID", "name")]),
        ({"name": " \u200e "}, [("INVALID", "name")]),
        ({"name": "a\x00b"}, [("INVALID", "name")]),
        ({"name": "x" * 101}, [("TOO_LONG", "name")]),
        ({"name": "", "expiresAt": "2001-01-01T00:00:00Z"}, [("INVALID", "name"), ("INVALID", "expiresAt")]),
    ],
)
async def test_a_token_needs_a_name_and_a_future(
    stage: Stage, amara: Actor, fields: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    assert await stage.refused("createAccessToken", amara, **fields) == faults


async def test_nobody_has_no_tokens(stage: Stage) -> None:
    assert await stage.refused("createAccessToken", ANONYMOUS, name="app") == [("NOT_SIGNED_IN", None)]
    number = ids.encode(ids.Kind.ACCESS_TOKEN, 1)
    assert await stage.refused("revokeAccessToken", ANONYMOUS, id=number) == [("NOT_SIGNED_IN", None)]


async def test_a_token_makes_no_tokens_but_may_end_itself(stage: Stage, amara: Actor) -> None:
    app = await app_of(stage, amara)
    assert await stage.refused("createAccessToken", app, name="more") == [("NOT_ALLOWED", None)]
    (token,) = await listed(stage, app)
    assert (await stage.done("revokeAccessToken", app, id=token["id"]))["revokedId"] == token["id"]
    assert await listed(stage, amara) == []


async def test_only_its_owner_revokes_a_token(stage: Stage, amara: Actor, stranger: Actor, admin: Actor) -> None:
    await app_of(stage, amara)
    (token,) = await listed(stage, amara)
    for other in (stranger, admin):
        assert await stage.refused("revokeAccessToken", other, id=token["id"]) == [("NOT_FOUND", "id")]
        assert await listed(stage, other) == []


@pytest.mark.parametrize("kind", [ids.Kind.SCREEN_TOKEN, ids.Kind.PROGRAM, ids.Kind.ACCESS_TOKEN])
async def test_the_id_of_something_else_revokes_nothing(stage: Stage, amara: Actor, kind: ids.Kind) -> None:
    await app_of(stage, amara)
    assert await stage.refused("revokeAccessToken", amara, id=ids.encode(kind, 9_999)) == [("NOT_FOUND", "id")]


async def test_one_person_has_at_most_fifty_tokens(stage: Stage, amara: Actor, stranger: Actor) -> None:
    for number in range(50):
        await stage.done("createAccessToken", amara, name=f"app {number}")
    assert await stage.refused("createAccessToken", amara, name="one more") == [("TOO_MANY", None)]
    await stage.done("createAccessToken", stranger, name="of somebody else")


# ---------------------------------------------------------------- screens


async def screen_of(stage: Stage, owner: Actor, program_id: str) -> tuple[Actor, str]:
    made = await stage.done("createScreenToken", owner, programId=program_id, name="Hall")
    actor = await actor_of_screen(stage.deps, made["secret"])
    assert actor is not None
    return actor, str(made["secret"])


async def test_a_screen_sees_its_private_program_and_no_other(stage: Stage, amara: Actor) -> None:
    shown = await stage.program(amara, title="Shown", visibility="PRIVATE")
    other = await stage.program(amara, title="Other", visibility="PRIVATE")
    screen, _ = await screen_of(stage, amara, shown["id"])
    query = "query($slug: String!) { program(slug: $slug) { title metrics { totalEdits } } }"
    found = [(await stage.api.ask(query, screen, slug=each["slug"]))["program"] for each in (shown, other)]
    assert found == [{"title": "Shown", "metrics": {"totalEdits": 0}}, None]
    nobody = [(await stage.api.ask(query, ANONYMOUS, slug=each["slug"]))["program"] for each in (shown, other)]
    assert nobody == [None, None]


async def test_a_screen_is_nobody_and_may_do_nothing(stage: Stage, amara: Actor) -> None:
    shown = await stage.program(amara, visibility="PRIVATE")
    screen, _ = await screen_of(stage, amara, shown["id"])
    query = """query($slug: String!) { viewer { username } program(slug: $slug) { passcode invitationUrl
        screenTokens { id } viewerCan { view edit manageEditors delete seePasscode join } } }"""
    data = await stage.api.ask(query, screen, slug=shown["slug"])
    assert data["viewer"] is None
    assert data["program"] == {
        "passcode": None,
        "invitationUrl": None,
        "screenTokens": None,
        "viewerCan": {
            "view": True, "edit": False, "manageEditors": False, "delete": False, "seePasscode": False, "join": False,
        },
    }  # fmt: skip
    for mutation, fields in (
        ("addEditors", {"programId": shown["id"], "usernames": ["Ada"]}),
        ("renewInvitation", {"programId": shown["id"]}),
        ("createScreenToken", {"programId": shown["id"], "name": "more"}),
        ("createAccessToken", {"name": "app"}),
    ):
        ((code, _),) = await stage.refused(mutation, screen, **fields)
        assert code in (ErrorCode.NOT_SIGNED_IN, ErrorCode.NOT_FOUND)


async def test_a_screen_does_not_see_who_wants_to_be_nameless(stage: Stage, amara: Actor) -> None:
    shown = await stage.program(amara, visibility="PRIVATE", showNamesByDefault=False)
    stage.users.add("Shy")
    await stage.done("addEditors", amara, programId=shown["id"], usernames=["Shy"])
    screen, _ = await screen_of(stage, amara, shown["id"])
    query = "query($slug: String!) { program(slug: $slug) { editors { nodes { username } } } }"
    found = [(await stage.api.ask(query, actor, slug=shown["slug"]))["program"] for actor in (amara, screen)]
    assert found == [{"editors": {"nodes": [{"username": "Shy"}]}}, {"editors": {"nodes": []}}]


async def test_screens_are_listed_for_who_runs_the_program(stage: Stage, amara: Actor, stranger: Actor) -> None:
    program = await stage.program(amara)
    await screen_of(stage, amara, program["id"])
    (screen,) = await screens(stage, amara, program["slug"])
    assert (screen["name"], datetime.fromisoformat(screen["lastUsedAt"])) == ("Hall", stage.api.now.astimezone(UTC))
    assert [await screens(stage, actor, program["slug"]) for actor in (stranger, ANONYMOUS)] == [None, None]


async def test_a_revoked_screen_sees_nothing_any_more(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara, visibility="PRIVATE")
    screen, secret = await screen_of(stage, amara, program["id"])
    (listed,) = await screens(stage, amara, program["slug"])
    assert (await stage.done("revokeScreenToken", amara, id=listed["id"]))["revokedId"] == listed["id"]
    assert screen.ended is not None
    assert screen.ended.is_set()
    assert await actor_of_screen(stage.deps, secret) is None
    assert await stage.refused("revokeScreenToken", amara, id=listed["id"]) == [("NOT_FOUND", "id")]


@pytest.mark.parametrize("visibility", ["PUBLIC", "PRIVATE"])
async def test_only_who_runs_a_program_has_screens_of_it(
    stage: Stage, amara: Actor, stranger: Actor, admin: Actor, visibility: str
) -> None:
    program = await stage.program(amara, visibility=visibility)
    await screen_of(stage, admin, program["id"])
    (token,) = await screens(stage, amara, program["slug"])
    for actor, code in ((stranger, "NOT_ALLOWED"), (ANONYMOUS, "NOT_SIGNED_IN")):
        create = await stage.refused("createScreenToken", actor, programId=program["id"], name="Mine")
        revoke = await stage.refused("revokeScreenToken", actor, id=token["id"])
        hidden = ([("NOT_FOUND", "programId")], [("NOT_FOUND", "id")])
        assert (create, revoke) == (hidden if visibility == "PRIVATE" else ([(code, None)], [(code, None)]))


async def test_a_screens_token_goes_with_its_program(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    screen, secret = await screen_of(stage, amara, program["id"])
    await stage.pool.execute("DELETE FROM program")
    assert await actor_of_screen(stage.deps, secret) is None
    await stage.deps.credentials.check(stage.pool, stage.deps.clock())
    assert screen.ended is not None
    assert screen.ended.is_set()


async def test_a_screen_needs_a_name_and_a_program_has_at_most_fifty(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    assert await stage.refused("createScreenToken", amara, programId=program["id"], name="") == [("INVALID", "name")]
    for number in range(50):
        await stage.done("createScreenToken", amara, programId=program["id"], name=f"Screen {number}")
    one_more = await stage.change("createScreenToken", amara, programId=program["id"], name="one more")
    assert (told(one_more), one_more["secret"]) == ([("TOO_MANY", None)], None)
