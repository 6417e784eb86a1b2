# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of who may do what, through the pages: what a part may not do is neither shown nor done by a forged form.

Every page of the console and every form on it is here; the table decides, and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio

from graph.permissions import Action, Part, may, may_view
from graph.programs import Visibility
from graph.resolvers.identity import Actor
from graph.resolvers.signing_in import sign_in
from graph.web.console import console_routes
from tests.conftest import new_database
from tests.resolvers.permission_scene import Scene, build, numbered
from tests.web.signing import SESSION
from tests.web.visiting import Form, Place, Visitor, forms, visited, words

pytestmark = pytest.mark.asyncio(loop_scope="module")

_A = Action
RUN = "/programs/{slug}/manage"
PAGES: dict[str, dict[str, Action]] = {
    "/my": {},
    "/my/account": {
        "token": _A.OWN_TOKENS, "revoke": _A.OWN_TOKENS, "show": _A.OWN_TOKENS, "hide": _A.OWN_TOKENS,
        "leave": _A.OWN_TOKENS, "erase": _A.OWN_TOKENS,
    },
    "/create/program": {"create": _A.CREATE},
    "/create/campaign": {"create": _A.CREATE},
    "/create/organization": {"create": _A.ADMINISTER},
    "/admin": {"grant": _A.ADMINISTER, "revoke": _A.ADMINISTER, "retry": _A.ADMINISTER, "discard": _A.ADMINISTER},
    "/campaigns/{campaign}/manage": {
        "details": _A.EDIT_CAMPAIGN, "add-program": _A.EDIT_CAMPAIGN, "remove-program": _A.EDIT_CAMPAIGN,
        "add-organizer": _A.EDIT_CAMPAIGN, "remove-organizer": _A.EDIT_CAMPAIGN, "delete": _A.DELETE_CAMPAIGN,
    },
    "/organizations/{organization}/manage": {"details": _A.EDIT_ORGANIZATION},
    RUN: {
        "newest": _A.EDIT_PROGRAM, "make-token": _A.SCREEN_TOKENS, "revoke-token": _A.SCREEN_TOKENS,
        "request-update": _A.REQUEST_UPDATE,
    },
    f"{RUN}/details": {
        "details": _A.EDIT_PROGRAM, "withdraw": _A.WITHDRAW_PROGRAM, "restore": _A.WITHDRAW_PROGRAM,
        "delete": _A.DELETE_PROGRAM, "leave-campaign": _A.REMOVE_FROM_CAMPAIGN,
    },
    f"{RUN}/clone": {"clone": _A.CLONE_PROGRAM},
    f"{RUN}/sessions": {"create": _A.EDIT_PROGRAM, "goals": _A.EDIT_PROGRAM},
    f"{RUN}/sessions/{{session}}": {"session": _A.EDIT_SESSION, "delete": _A.EDIT_PROGRAM},
    f"{RUN}/people": {
        "look": _A.EDIT_SESSION, "add": _A.EDIT_SESSION, "restore": _A.MANAGE_EDITORS,
        "remove": _A.MANAGE_EDITORS, "drop": _A.MANAGE_EDITORS, "open": _A.EDIT_PROGRAM, "close": _A.EDIT_PROGRAM,
        "passcode": _A.EDIT_PROGRAM, "renew": _A.EDIT_PROGRAM, "lead": _A.MANAGE_FACILITATORS,
        "unlead": _A.MANAGE_FACILITATORS, "help": _A.MANAGE_EDITORS, "unhelp": _A.MANAGE_EDITORS,
    },
    f"{RUN}/people/invitation": {},
    f"{RUN}/articles": {"add": _A.EDIT_PROGRAM, "remove": _A.EDIT_PROGRAM, "refresh": _A.EDIT_PROGRAM},
    f"{RUN}/articles/counted": {"exclude": _A.EDIT_PROGRAM, "include": _A.EDIT_PROGRAM},
    f"{RUN}/articles/assigned": {
        "assign": _A.EDIT_PROGRAM, "unassign": _A.EDIT_PROGRAM, "offer": _A.EDIT_PROGRAM,
        "take-back": _A.EDIT_PROGRAM,
    },
    "/programs/{slug}/claim": {"claim": _A.LEAVE, "release": _A.LEAVE},
}  # fmt: skip
"""Every form of every page, and what one must be allowed to do for it."""

LOOKED_AT: dict[str, tuple[Action, ...]] = {
    "/my": (_A.CREATE,),
    "/my/account": (_A.OWN_TOKENS,),
    RUN: (_A.EDIT_PROGRAM, _A.REQUEST_UPDATE),
    f"{RUN}/clone": (_A.CLONE_PROGRAM,),
    f"{RUN}/sessions/{{session}}": (_A.EDIT_SESSION,),
    f"{RUN}/people": (_A.MANAGE_EDITORS, _A.SEE_PASSCODE, _A.EDIT_SESSION),
    f"{RUN}/people/invitation": (_A.MANAGE_EDITORS, _A.SEE_PASSCODE),
}
"""What one must be allowed to do to see a page: any of these; else what all its forms are for."""

WHEREVER = {"", "sign-out"}
ALMOST_RIGHT = {
    "username": "A Helper",
    "title": "Forged",
    "name": "Forged",
    "usernames": "A Helper",
    "names": "A Helper",
}
UNWATCHED = ("submission", "sign_in", "passcode_guess", "pgqueuer_statistics")


class Recorder:
    """A desk that only notes which pages there are, and which forms each takes."""

    public_url = ""

    def __init__(self) -> None:
        self.documents: dict[str, str] = {}
        self.pages: dict[str, set[str]] = {}

    def route(self, path: str, _show: Any, acts: Any = None) -> Any:
        self.pages[path] = set(acts or ())
        return SimpleNamespace(path=path)


async def test_every_page_and_every_form_is_here() -> None:
    recorder = Recorder()
    console_routes(recorder)  # type: ignore[arg-type] # all it takes of a desk
    named = {"campaigns/{slug}": "campaigns/{campaign}", "organizations/{slug}": "organizations/{organization}"}
    known = {}
    for path, acts in recorder.pages.items():
        for before, after in named.items():
            path = path.replace(before, after)
        known[path] = acts
    assert known == {path: set(acts) for path, acts in PAGES.items()}


@dataclass
class House:
    """The scene behind a running service; everybody of it signed in."""

    place: Place
    scene: Scene
    slugs: dict[str, dict[str, str]]
    people: dict[Actor, Visitor]

    def at(self, path: str, visibility: Visibility = Visibility.PUBLIC) -> str:
        return path.format(**self.slugs[visibility])

    def everybody(self) -> list[tuple[Part, Actor, frozenset[Part]]]:
        """Somebody of each part, with the parts they have."""
        return [
            (part, actor, frozenset({part, Part.SIGNED_IN}))
            for part, actor in self.scene.actors.items()
            if part is not Part.ANONYMOUS
        ]


async def enter(place: Place, actor: Actor, stack: AsyncExitStack) -> Visitor:
    """Somebody's browser, signed in without the way to the log-in: the scene knows accounts that it does not."""
    deps = place.home.service.deps
    central = await place.pool.fetchval("SELECT central_id FROM editor WHERE id = $1", actor.editor_id)
    assert actor.username is not None
    signed = await sign_in(deps, central, actor.username)
    http = await stack.enter_async_context(place.home.browser())
    http.cookies.set(SESSION, signed.secret)
    return Visitor(place.home, http, actor.username)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(server_url: str, template: str) -> AsyncIterator[House]:
    with new_database(server_url, template) as url, ThreadPoolExecutor(1) as aside:
        scene = aside.submit(asyncio.run, build(url)).result()
        admin = scene.actors[Part.ADMIN].username
        async with visited(url, admins=frozenset({admin})) as place, AsyncExitStack() as stack:
            await place.pool.execute(
                "UPDATE program SET tracking_start = now() - interval '1 day', tracking_end = now() + interval '1 day'"
            )
            actors = [*(actor for part, actor in scene.actors.items() if part is not Part.ANONYMOUS), scene.both]
            people = {actor: await enter(place, actor, stack) for actor in actors}
            yield House(place, scene, await slugs(place, scene), people)


async def slugs(place: Place, scene: Scene) -> dict[str, dict[str, str]]:
    """What stands in the addresses of the public and of the private program."""
    found = {}
    for visibility, there in scene.places.items():
        names = {
            "slug": ("program", there.program),
            "session": ("session", there.session),
            "campaign": ("campaign", scene.campaign),
            "organization": ("organization", scene.organization),
        }
        found[visibility.value] = {
            name: await place.pool.fetchval(f"SELECT slug FROM {table} WHERE id = $1", numbered(thing))
            for name, (table, thing) in names.items()
        }
    return found


def about_program(path: str) -> bool:
    return "{slug}" in path


def seen_by(path: str, parts: Collection[Part], visibility: Visibility) -> bool:
    """Whether the table lets somebody with these parts see a page."""
    private = about_program(path) and visibility is Visibility.PRIVATE
    if path == "/programs/{slug}/claim":  # whoever may see the program may see what there is to write
        return may_view(parts, visibility)
    actions = LOOKED_AT.get(path) or tuple(PAGES[path].values())
    return any(may(parts, action, private=private) for action in actions)


def allowed(path: str, do: str, parts: Collection[Part], visibility: Visibility) -> bool:
    private = about_program(path) and visibility is Visibility.PRIVATE
    return may(parts, PAGES[path][do], private=private, participants=True)


@pytest.mark.parametrize("visibility", list(Visibility))
@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_shown_to_whom_the_table_says_with_no_form_they_may_not_send(
    house: House, path: str, visibility: Visibility
) -> None:
    if not about_program(path) and visibility is Visibility.PRIVATE:
        return
    for part, actor, parts in house.everybody():
        response = await house.people[actor].http.get(house.at(path, visibility))
        hidden = about_program(path) and not may_view(parts, visibility)
        wanted = {200} if seen_by(path, parts, visibility) else {404} if hidden else {403, 404}
        assert response.status_code in wanted, (part, response.status_code, words(response.text)[:300])
        if response.status_code != 200:
            continue
        shown = {form.do for form in forms(response.text)} - WHEREVER
        assert {do for do in shown if do in PAGES[path] and not allowed(path, do, parts, visibility)} == set(), part
        for address in PAGES:
            if f'href="{house.at(address, visibility)}"' in response.text:
                assert seen_by(address, parts, visibility), (part, "is led to", address)


@pytest.mark.parametrize("path", [path for path in PAGES if PAGES[path]])
async def test_a_forged_form_of_somebody_who_may_not_changes_nothing(house: House, path: str) -> None:
    for visibility in Visibility:
        if not about_program(path) and visibility is Visibility.PRIVATE:
            continue
        address = house.at(path, visibility)
        known = {form.do: form for form in forms(await page_of_who_may(house, path, visibility))}
        before = await everything(house)
        for part, actor, parts in house.everybody():
            visitor = house.people[actor]
            for do in PAGES[path]:
                if allowed(path, do, parts, visibility):
                    continue
                response = await visitor.send(address, forged(known.get(do), do), form_token=await token_of(visitor))
                assert response.status_code in (403, 404, 422), (part, do, response.status_code)
        assert await everything(house) == before


@pytest.mark.parametrize("path", [path for path in PAGES if PAGES[path]])
async def test_a_form_without_a_sign_in_or_of_another_page_or_of_another_person_changes_nothing(
    house: House, path: str
) -> None:
    address, page = house.at(path), await page_of_who_may(house, path, Visibility.PUBLIC)
    known = {form.do: form for form in forms(page)}
    before = await everything(house)
    someone = house.people[house.scene.actors[Part.ADMIN]]
    async with house.place.home.browser() as nobody:
        for do in PAGES[path]:
            form = forged(known.get(do), do)
            sent = {"origin": house.place.home.url}
            assert (await nobody.post(address, data=form.fields, headers=sent)).status_code == 401
            fields = {**form.fields, "form_token": await token_of(someone)}
            elsewhere = {"origin": "https://evil.example"}
            assert (await someone.http.post(address, data=fields, headers=elsewhere)).status_code == 403
            other = {**form.fields, "form_token": "0" * 64}
            assert (await someone.http.post(address, data=other, headers=sent)).status_code == 409
    assert await everything(house) == before


async def page_of_who_may(house: House, path: str, visibility: Visibility) -> str:
    """The page as somebody sees it who may do everything there."""
    part = Part.EDITOR if path.endswith("/claim") else Part.ADMIN
    return await house.people[house.scene.actors[part]].get(house.at(path, visibility))


def forged(shown: Form | None, do: str) -> Form:
    """The form as it stands on the page, filled in; made by hand where the page has none of it at the moment."""
    fields = {"do": do, **(shown.fields if shown else {})}
    button = next(((name, value) for name, value in (shown.buttons if shown else ()) if name), None)
    if button is not None:
        fields[button[0]] = button[1]
    filled = {name: value or ALMOST_RIGHT.get(name, "") for name, value in fields.items()}
    return Form("", {**ALMOST_RIGHT, **filled, "do": do, "once": ""})


async def token_of(visitor: Visitor) -> str:
    """What makes a form believed to be theirs; every page has it, in the form that signs one out."""
    if not hasattr(visitor, "token"):
        page = await visitor.get("/")
        found = next(form.fields["form_token"] for form in forms(page) if "form_token" in form.fields)
        visitor.token = found  # type: ignore[attr-defined] # kept for the next form
    return str(visitor.token)  # type: ignore[attr-defined]


async def everything(house: House) -> dict[str, list[str]]:
    """Every row of every table that a form may change."""
    pool = house.place.pool
    names = await pool.fetch("SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'jobs')")
    return {
        name: [row[0] for row in await pool.fetch(f'SELECT t::text FROM {schema}."{name}" t ORDER BY 1')]
        for schema, name in names
        if name not in UNWATCHED
    }
