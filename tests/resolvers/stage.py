# SPDX-License-Identifier: GPL-3.0-or-later
"""Organizing through the API, with a directory of accounts that is told who exists, and a look at every table."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from graph.db import accounts, organizing, recounting
from graph.db.pool import Pool
from graph.errors import UpstreamError
from graph.matching import canonical_username
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.wikimedia.scopes.resolver import WikimediaScopes
from graph.wikis import KnownUser
from tests.resolvers.namespaces import Wikis
from tests.schema.asking import Api

REGISTERED = datetime(2026, 11, 10, tzinfo=UTC)
START, END = "2026-11-01T00:00:00Z", "2026-11-30T23:59:59Z"

# A refused guess of a passcode is remembered; nothing else of what is refused leaves a trace.
REMEMBERED = ("passcode_guess",)

_ERRORS = "userErrors { code message field }"
_ARTICLES = "program { articles { edges { node { title } excluded edits } } metrics { totalEdits articlesEdited } }"
_ASSIGNMENT = "assignment { id editor { username } article { wiki { dbname } namespace title url } role claimed }"
_SELECTIONS = {
    "createOrganization": "organization { id slug name description coordinators { username } }",
    "updateOrganization": "organization { id slug name description coordinators { username } }",
    "createCampaign": """campaign { id slug title description start end defaultProgramType defaultPasscodePolicy
        templateDescription organization { slug } organizers { username } }""",
    "createProgram": """program { id slug title institution term description type visibility trackingStart
        trackingEnd eventStart eventEnd homeWiki { dbname } trackedWikis { wiki { dbname } namespaces } passcode
        passcodePolicy registrationOpen invitationUrl showNamesByDefault facilitators { username }
        campaigns { nodes { slug } } }""",
    "createSession": "session { id slug title venue start end coordinators { username } } program { slug }",
    "addProgramToCampaign": "campaign { programs { nodes { slug } } } program { campaigns { nodes { slug } } }",
    "addEditors": "added { username } pending program { metrics { editors newEditors } }",
    "setGoals": "program { goals { metric target actual reachedAt } }",
    "deleteProgram": "deletedId",
    "deleteCampaign": "deletedId",
    "revokeAccessToken": "revokedId",
    "revokeScreenToken": "revokedId",
    "createAccessToken": "secret accessToken { id }",
    "createScreenToken": "secret screenToken { id }",
    "updateCampaign": """campaign { slug title description start end defaultProgramType defaultPasscodePolicy
        templateDescription organization { slug } }""",
    "removeProgramFromCampaign": "campaign { programs { nodes { slug } } } program { campaigns { nodes { slug } } }",
    "cloneProgram": """program { id slug title institution term description type trackingStart trackingEnd eventStart
        trackedWikis { wiki { dbname } namespaces } passcode passcodePolicy facilitators { username }
        goals { metric target reachedAt } campaigns { nodes { slug } } editors { totalCount } }""",
    "addCampaignOrganizer": "campaign { organizers { username } }",
    "removeCampaignOrganizer": "campaign { organizers { username } }",
    "addFacilitator": "program { facilitators { username } }",
    "removeFacilitator": "program { facilitators { username } }",
    "renewInvitation": "program { invitationUrl }",
    "updateSession": "session { id slug title venue start end coordinators { username } } program { slug }",
    "deleteSession": "session { id } program { slug sessions { id } }",
    "retryJob": "deadLetters { id }",
    "discardJob": "deadLetters { id }",
    "addScope": "scope { id kind wiki { dbname } value depth articleCount state } program { slug }",
    "removeScope": "scope { id } program { scopes { value } }",
    "refreshScopes": "program { scopes { value state } }",
    "grantAdmin": "admins { username }",
    "revokeAdmin": "admins { username }",
    "giveVolunteerRole": "program { volunteers { editor { username } role } }",
    "takeVolunteerRole": "program { volunteers { editor { username } role } }",
    "withdrawProgram": "program { slug visibility withdrawnAt registrationOpen }",
    "restoreProgram": "program { slug visibility withdrawnAt registrationOpen }",
    "excludeArticle": _ARTICLES,
    "includeArticle": _ARTICLES,
    "assignArticle": f"{_ASSIGNMENT} program {{ slug }}",
    "claimArticle": f"{_ASSIGNMENT} program {{ slug }}",
    "unassignArticle": f"{_ASSIGNMENT} program {{ slug }}",
    "releaseArticle": f"{_ASSIGNMENT} program {{ slug }}",
    "addAvailableArticles": "lines { pasted outcome wiki { dbname } title message } program { slug }",
    "removeAvailableArticle": "program { slug availableArticles { nodes { article { title } } } }",
    "requestUpdate": "program { update { state done total } }",
}
_SELECTIONS["updateProgram"] = _SELECTIONS["createProgram"]
_USUAL = "program { slug editors { nodes { username } } }"


class Directory:
    """Accounts that exist, by name; it can be down, or slow for some."""

    def __init__(self) -> None:
        self.accounts: dict[str, KnownUser] = {}
        self.down = False
        self.slow: set[str] = set()
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def add(self, *names: str, registered: datetime | None = REGISTERED) -> None:
        for name in names:
            self.accounts[name] = KnownUser(name, 5_000 + len(self.accounts), registered)

    async def look_up(
        self,
        usernames: Sequence[str],
        domain: str,  # noqa: ARG002 - a directory is asked about one wiki
        dbname: str,
    ) -> dict[str, KnownUser | None]:
        self.asked.append((dbname, tuple(usernames)))
        if self.down:
            raise UpstreamError("the wikis are away")
        if self.slow.intersection(usernames):
            await asyncio.Event().wait()
        return {name: self.accounts.get(canonical_username(name)) for name in usernames}


class Stage:
    """A service with a directory; people sign in by name."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.users = Directory()
        self.api = Api(pool, users=self.users)
        self.wikis = Wikis()
        self.deps = self.api.deps = replace(self.api.deps, pool=pool, scopes=cast(WikimediaScopes, self.wikis))

    async def person(self, username: str, *, is_admin: bool = False) -> Actor:
        if username not in self.users.accounts:
            self.users.add(username)
        async with self.pool.acquire() as conn:
            user = self.users.accounts[username]
            found = await organizing.write_editors(conn, [user])
            await accounts.record_sign_in(conn, [found[user.central_id].id], self.api.now)
        return Actor(found[user.central_id].id, username, is_admin)

    async def change(self, mutation: str, actor: Actor = ANONYMOUS, **fields: Any) -> dict[str, Any]:
        """Run a mutation; its payload."""
        kind = mutation[0].upper() + mutation[1:] + "Input!"
        kinds = {
            "AddProgramToCampaignInput!": "CampaignProgramInput!",
            "RemoveProgramFromCampaignInput!": "CampaignProgramInput!",
            "AddCampaignOrganizerInput!": "CampaignOrganizerInput!",
            "RemoveCampaignOrganizerInput!": "CampaignOrganizerInput!",
            "AddFacilitatorInput!": "FacilitatorInput!",
            "RemoveFacilitatorInput!": "FacilitatorInput!",
            "ExcludeArticleInput!": "ArticleTrackingInput!",
            "IncludeArticleInput!": "ArticleTrackingInput!",
            "GiveVolunteerRoleInput!": "VolunteerInput!",
            "TakeVolunteerRoleInput!": "VolunteerInput!",
            "RetryJobInput!": "JobInput!",
            "DiscardJobInput!": "JobInput!",
            "GrantAdminInput!": "AdminInput!",
            "RevokeAdminInput!": "AdminInput!",
        }
        document = (
            f"mutation M($input: {kinds.get(kind, kind)}) {{ {mutation}(input: $input)"
            f" {{ {_SELECTIONS.get(mutation, _USUAL)} {_ERRORS} }} }}"
        )
        data = await self.api.ask(document, actor, input=fields)
        return dict(data[mutation])

    async def done(self, mutation: str, actor: Actor, **fields: Any) -> dict[str, Any]:
        """The payload of a mutation that succeeds."""
        payload = await self.change(mutation, actor, **fields)
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload

    async def refused(self, mutation: str, actor: Actor = ANONYMOUS, **fields: Any) -> list[tuple[str, str | None]]:
        """The codes and fields of a mutation that is refused, after seeing that every table is as it was."""
        before = await self.dump(but=REMEMBERED)
        payload = await self.change(mutation, actor, **fields)
        assert await self.dump(but=REMEMBERED) == before
        assert all(value in (None, []) for name, value in payload.items() if name != "userErrors")
        return told(payload)

    async def program(self, actor: Actor, **fields: Any) -> dict[str, Any]:
        """A new program, with what is not said chosen."""
        usual = {"title": "Women in Red", "institution": "Wikimedia Belgium", "homeWiki": "enwiki"}
        usual |= {"trackingStart": START, "trackingEnd": END}
        return dict((await self.done("createProgram", actor, **(usual | fields)))["program"])

    async def proved(self) -> bool:
        """Whether every number of every collection is what the stored edits say."""
        async with self.pool.acquire() as conn:
            found = await recounting.check(conn, await recounting.all_collections(conn))
        assert [str(difference) for difference in found] == []
        return True

    async def dump(self, but: Collection[str] = ()) -> dict[str, list[str]]:
        """Every row of every table but these, as text."""
        async with self.pool.acquire() as conn:
            names = await conn.fetch(
                "SELECT tablename, schemaname FROM pg_tables WHERE schemaname IN ('public', 'jobs') ORDER BY 2, 1"
            )
            return {
                name: [line[0] for line in await conn.fetch(f'SELECT t::text FROM {schema}."{name}" t ORDER BY 1')]
                for name, schema in names
                if name not in but
            }


def told(payload: dict[str, Any]) -> list[tuple[str, str | None]]:
    """The codes and dotted fields of a payload's faults."""
    return [
        (fault["code"], None if fault["field"] is None else ".".join(fault["field"])) for fault in payload["userErrors"]
    ]
