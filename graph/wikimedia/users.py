# SPDX-License-Identifier: GPL-3.0-or-later
"""The wikis' directory of accounts, asked through the Action API.

Names are looked up fifty at a time on one wiki (``list=users``). Who has no account there may have one elsewhere, and
the local registration of a recent account can be later than the global one, which is the one that makes an editor new:
both are asked one by one (``meta=globaluserinfo``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import httpx

from graph.errors import UpstreamError
from graph.matching import canonical_username
from graph.wikimedia.action_api import IN_FLIGHT as IN_FLIGHT
from graph.wikis import KnownUser

BATCH = 50  # names in one request, the API's limit for everybody
TIMEOUT = 10.0  # seconds for one request
TRIES = 3
LONGEST_WAIT = 5.0  # seconds that are waited when asked to retry later; else the wikis cannot be asked now
# An account this old was new in no event that is still looked at: its local registration is good enough.
LONG_KNOWN = timedelta(days=400)
_SEPARATOR = "\x1f"
_BUSY = (429, 502, 503, 504)


class WikimediaUsers:
    """Looks accounts up.

    ``api`` is an address with ``{domain}`` or ``{dbname}`` in it. ``clock`` gives the time (aware, UTC). ``slots``
    bounds the requests in flight together with others that ask the wikis.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        api: str,
        user_agent: str,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        slots: asyncio.Semaphore | None = None,
    ) -> None:
        self._client = client
        self._api = api
        self._headers = {"User-Agent": user_agent, "Accept": "application/json"}
        self._clock = clock
        self._sleep = sleep
        self._slots = slots or asyncio.Semaphore(IN_FLIGHT)

    async def look_up(self, usernames: Sequence[str], domain: str, dbname: str) -> dict[str, KnownUser | None]:
        """Each name as given → the account, or None where there is none.

        Raises UpstreamError when the wikis cannot be asked.
        """
        place = self._api.replace("{domain}", domain).replace("{dbname}", dbname)
        names = {given: canonical_username(given) for given in usernames}
        wanted = iter(dict.fromkeys(name for name in names.values() if name and _SEPARATOR not in name))
        found: dict[str, KnownUser | None] = {}
        # At most IN_FLIGHT requests run at once, so nothing is gained by starting more batches.
        while batch := list(islice(wanted, BATCH)):
            found.update(await self._batch(place, batch))
        return {given: found.get(name) for given, name in names.items()}

    async def _batch(self, place: str, names: Sequence[str]) -> dict[str, KnownUser | None]:
        query = await self._ask(
            place, list="users", usprop="centralids|registration", ususers=_SEPARATOR + _SEPARATOR.join(names)
        )
        here = {canonical_username(str(user.get("name", ""))): user for user in _objects(query.get("users"))}
        found: dict[str, KnownUser | None] = {}
        elsewhere: list[str] = []
        for name in names:
            user = here.get(name, {})
            known = _local_account(user)
            if user.get("invalid"):
                found[name] = None
            elif known is not None and self._long_known(known):
                found[name] = known
            else:
                elsewhere.append(name)
        accounts = await asyncio.gather(*(self._global_account(place, name) for name in elsewhere))
        return found | dict(zip(elsewhere, accounts, strict=True))

    async def _global_account(self, place: str, name: str) -> KnownUser | None:
        try:
            query = await self._ask(place, meta="globaluserinfo", guiuser=name)
        except _Refused as refused:
            if refused.code in ("baduser", "baduser_guiuser", "invaliduser"):
                return None
            raise
        info = query.get("globaluserinfo")
        if not isinstance(info, dict):
            raise UpstreamError("the wikis answered globaluserinfo without an account")
        return None if info.get("missing") else _account(info.get("name"), info.get("id"), info.get("registration"))

    def _long_known(self, user: KnownUser) -> bool:
        # Accounts of the first years have no registration at all.
        return user.registered_at is None or self._clock() - user.registered_at > LONG_KNOWN

    async def _ask(self, place: str, **parameters: str) -> Mapping[str, Any]:
        form = {"action": "query", "format": "json", "formatversion": "2", "maxlag": "5", **parameters}
        status = 0
        for attempt in range(1, TRIES + 1):
            answer = await self._post(place, form)
            status = answer.status_code
            body = _body(answer)
            error = body.get("error") if body else None
            busy = status in _BUSY or (isinstance(error, dict) and error.get("code") == "maxlag")
            if not busy:
                return _query(answer, body)
            wait = _retry_after(answer, attempt)
            if wait > LONGEST_WAIT or attempt == TRIES:
                break
            await self._sleep(wait)
        raise UpstreamError(f"the wikis are busy ({status})")

    async def _post(self, place: str, form: Mapping[str, str]) -> httpx.Response:
        # POST, because fifty names in a script of three bytes a letter do not fit into an address.
        async with self._slots:
            try:
                return await self._client.post(place, data=form, headers=self._headers, timeout=TIMEOUT)
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                raise UpstreamError(f"the wikis cannot be asked: {type(error).__name__} {error}".strip()) from error


class _Refused(UpstreamError):
    """The API answered with an error object."""

    def __init__(self, code: str, info: str) -> None:
        self.code = code
        super().__init__(f"the wikis refused the question: {code} {info}".strip())


def _body(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        body = answer.json()
    except ValueError:  # also what is no UTF-8
        return None
    return body if isinstance(body, dict) else None


def _query(answer: httpx.Response, body: dict[str, Any] | None) -> Mapping[str, Any]:
    if answer.status_code != httpx.codes.OK or body is None:
        raise UpstreamError(f"the wikis answered {answer.status_code} and not as their API does")
    error = body.get("error")
    if isinstance(error, dict):
        raise _Refused(str(error.get("code", "")), str(error.get("info", "")))
    query = body.get("query")
    if not isinstance(query, dict):
        raise UpstreamError("the wikis answered without a result")
    return query


def _retry_after(answer: httpx.Response, attempt: int) -> float:
    """Seconds to wait; what is no number counts as too long, none at all as one second a try."""
    given = answer.headers.get("Retry-After")
    if given is None:
        return float(attempt)
    return float(given) if given.isascii() and given.isdigit() else LONGEST_WAIT + 1


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _local_account(user: Mapping[str, Any]) -> KnownUser | None:
    central, attached = user.get("centralids"), user.get("attachedlocal")
    if not isinstance(central, dict) or (isinstance(attached, dict) and not attached.get("CentralAuth", True)):
        return None
    return _account(user.get("name"), central.get("CentralAuth"), user.get("registration"))


def _account(name: object, central_id: object, registration: object) -> KnownUser | None:
    if not isinstance(name, str) or not isinstance(central_id, int) or central_id <= 0:
        return None
    return KnownUser(name, central_id, _instant(registration))


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
