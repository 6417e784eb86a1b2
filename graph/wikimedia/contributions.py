# SPDX-License-Identifier: GPL-3.0-or-later
"""The wikis' lists of contributions, and what they say of single revisions, pages and accounts.

Lists are asked by account number (``list=usercontribs``, fifty accounts and five hundred rows at once), so that a
rename in the middle loses nothing. What a list does not tell is asked of the revisions themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.json import Decoder

from graph.bounds import Instant, Namespace, Number, NumberOrNone, Size, SizeChange, Title, Username
from graph.matching import canonical_username
from graph.programs import Wiki
from graph.wikimedia.action_api import ActionApi, Refused

VALUES: Final = 50  # accounts, revisions or pages in one question, the API's limit for everybody
ROWS: Final = 500  # contributions in one answer, likewise
_PROPERTIES: Final = "ids|title|timestamp|comment|size|sizediff|flags|tags"
_SEPARATOR: Final = "\x1f"


class Contribution(Struct, gc=False):
    """One row of a list. ``parentid`` 0 is a page's first revision, None an unknown one, as are the sizes' None.

    ``sizediff`` is the whole ``size`` where the parent exists no more.
    """

    userid: Number
    user: Username
    pageid: Number
    revid: Number
    ns: Namespace
    title: Title
    timestamp: Instant
    parentid: NumberOrNone | None = None
    minor: bool = False
    comment: str | None = None
    commenthidden: bool = False
    texthidden: bool = False
    size: Size | None = None
    sizediff: SizeChange | None = None
    tags: list[str] = []


@dataclass(frozen=True, slots=True)
class Listed:
    """An answer's rows and those that made no sense; ``further`` continues the list ("": it is complete).

    ``asked_at`` is the wiki's time when the question came.
    """

    rows: Sequence[Contribution]
    malformed: Sequence[tuple[str, str]]
    further: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """A wiki's account: its number there, its name now, and its central id (None: it is attached to none)."""

    user_id: int
    username: str
    central_id: int | None


@dataclass(frozen=True, slots=True)
class GlobalAccount:
    """A global account: its name now, and the wikis (by database name) that have an account of it."""

    username: str
    wikis: frozenset[str]


class RevisionNow(Struct, gc=False):
    """What a wiki says of one live revision. Only what everybody may see is told."""

    revid: Number
    parentid: NumberOrNone | None = None
    size: Size | None = None
    tags: list[str] = []
    sha1hidden: bool = False
    texthidden: bool = False
    userhidden: bool = False
    commenthidden: bool = False

    @property
    def text_hidden(self) -> bool:
        """Whether its text is hidden: asked for nothing but its hash, the API says so of the hash."""
        return self.sha1hidden or self.texthidden


class _Slot(Struct):
    content: str = ""


class _Text(Struct):
    revid: Number
    slots: dict[str, _Slot] = {}


class _Texts(Struct):
    revisions: list[_Text] = []


class _TextPages(Struct):
    pages: list[_Texts] = []


class PageNow(Struct, gc=False):
    """A page as it is now, with the revisions that were asked for; ``missing`` where there is none."""

    pageid: Number = 0
    ns: Namespace = 0
    title: str = ""
    missing: bool = False
    revisions: list[RevisionNow] = []


@dataclass(frozen=True, slots=True)
class Found:
    """Revisions that exist now by number, each with its page; all others are deleted or never were."""

    revisions: Mapping[int, tuple[RevisionNow, PageNow]]
    asked_at: datetime


class _Contributions(Struct):
    usercontribs: list[msgspec.Raw] = []


class _Pages(Struct):
    pages: list[PageNow] = []


class _User(Struct):
    userid: NumberOrNone = 0
    name: str = ""
    centralids: dict[str, int] = {}
    attachedlocal: dict[str, bool] = {}


class _Users(Struct):
    users: list[_User] = []


class _Merged(Struct, gc=False):
    wiki: str


class _GlobalUser(Struct):
    name: str = ""
    merged: list[_Merged] = []


class _GlobalUsers(Struct):
    globaluserinfo: _GlobalUser | None = None


_contributions = Decoder(_Contributions)
_contribution = Decoder(Contribution)
_pages = Decoder(_Pages)
_text_pages = Decoder(_TextPages)
_users = Decoder(_Users)
_global_users = Decoder(_GlobalUsers)


class WikimediaContributions:
    """Asks the wikis' Action API. Every method raises UpstreamError when it cannot be asked."""

    def __init__(self, api: ActionApi) -> None:
        self._api = api

    async def listed(
        self, wiki: Wiki, user_ids: Collection[int], since: datetime, until: datetime, further: str = ""
    ) -> Listed:
        """One answer's worth of what these accounts (at most 50) contributed between two moments, both included.

        Account after account, each one's oldest first. ``further`` is that of the answer before. Raises Refused with
        the code ``badcontinue`` where that belongs to another question.
        """
        parameters = {
            "list": "usercontribs",
            "ucuserids": "|".join(map(str, user_ids)),
            "ucstart": _stamp(since),
            "ucend": _stamp(until),
            "ucdir": "newer",
            "ucprop": _PROPERTIES,
            "uclimit": str(ROWS),
        }
        if further:
            parameters["uccontinue"] = further
        answer = await self._api.ask(wiki, _contributions, parameters)
        rows: list[Contribution] = []
        malformed: list[tuple[str, str]] = []
        for raw in answer.query.usercontribs:
            try:
                rows.append(_contribution.decode(raw))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                malformed.append((str(error), bytes(raw)[:500].decode(errors="replace")))
        return Listed(rows, malformed, answer.further.get("uccontinue", ""), answer.asked_at)

    async def revisions(self, wiki: Wiki, revision_ids: Collection[int]) -> Found:
        """What the wiki says of these revisions (at most 50) now."""
        found: dict[int, tuple[RevisionNow, PageNow]] = {}
        parameters = {
            "prop": "revisions",
            "revids": "|".join(map(str, revision_ids)),
            "rvprop": "ids|size|tags|sha1|user|comment",
        }
        asked_at: datetime | None = None
        further: Mapping[str, str] = {}
        while asked_at is None or further:
            answer = await self._api.ask(wiki, _pages, {**parameters, **further})
            for page in answer.query.pages:
                found.update((revision.revid, (revision, page)) for revision in page.revisions)
            asked_at, further = asked_at or answer.asked_at, answer.further
        return Found(found, asked_at)

    async def texts(self, wiki: Wiki, revision_ids: Collection[int]) -> dict[int, str]:
        """The texts of these revisions (at most 50, and short ones), as far as they are shown."""
        parameters = {
            "prop": "revisions",
            "revids": "|".join(map(str, revision_ids)),
            "rvprop": "ids|content",
            "rvslots": "main",
        }
        answer = await self._api.ask(wiki, _text_pages, parameters)
        found = (revision for page in answer.query.pages for revision in page.revisions)
        return {text.revid: text.slots["main"].content for text in found if "main" in text.slots}

    async def predecessor(self, wiki: Wiki, page_id: int, revision_id: int) -> RevisionNow | None:
        """The revision before this one in its page's history, or None where it is the first."""
        parameters = {
            "prop": "revisions",
            "pageids": str(page_id),
            "rvstartid": str(revision_id),
            "rvlimit": "2",
            "rvprop": "ids|size",
        }
        answer = await self._api.ask(wiki, _pages, parameters)
        revisions = [revision for page in answer.query.pages for revision in page.revisions]
        return next((revision for revision in revisions if revision.revid != revision_id), None)

    async def living(self, wiki: Wiki, page_ids: Collection[int]) -> set[int]:
        """Those of these pages (at most 50) that are not deleted now."""
        answer = await self._api.ask(wiki, _pages, {"prop": "info", "pageids": "|".join(map(str, page_ids))})
        return {page.pageid for page in answer.query.pages if page.pageid and not page.missing}

    async def accounts(self, wiki: Wiki, usernames: Collection[str]) -> dict[str, Account]:
        """The wiki's accounts with these names (at most 50), by the name in its canonical form."""
        parameters = {
            "list": "users",
            "ususers": _SEPARATOR + _SEPARATOR.join(usernames),
            "usprop": "centralids",
        }
        answer = await self._api.ask(wiki, _users, parameters, post=True)
        return {canonical_username(user.name): _account(user) for user in answer.query.users if user.userid}

    async def global_account(self, wiki: Wiki, central_id: int) -> GlobalAccount | None:
        """A global account as it is now, asked through ``wiki``; None where there is none (any more)."""
        parameters = {"meta": "globaluserinfo", "guiid": str(central_id), "guiprop": "merged"}
        try:
            answer = await self._api.ask(wiki, _global_users, parameters)
        except Refused as refused:
            if refused.code in ("badvalue", "invaliduser", "nosuchuser"):  # a wiki without global accounts
                return None
            raise
        user = answer.query.globaluserinfo
        if user is None or not user.name:
            return None
        return GlobalAccount(user.name, frozenset(merged.wiki for merged in user.merged))


def _account(user: _User) -> Account:
    attached = user.attachedlocal.get("CentralAuth", True)
    central_id = user.centralids.get("CentralAuth", 0) if attached else 0
    return Account(user.userid, user.name, central_id if central_id > 0 else None)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
