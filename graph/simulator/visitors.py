# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may come in: the rules on User-Agent, and how the edge refuses."""

from __future__ import annotations

from starlette.responses import JSONResponse, PlainTextResponse, Response

_LIBRARIES = (
    "python-requests/",
    "python-httpx/",
    "python-urllib",
    "python/",
    "aiohttp/",
    "okhttp/",
    "go-http-client/",
    "java/",
    "axios/",
    "node",
)
_POLICY = (
    "Please set a user-agent and respect our robot policy https://w.wiki/4wJS. "
    "See also https://phabricator.wikimedia.org/T400119."
)
_TITLES = {429: "Too Many Requests", 502: "Bad Gateway", 503: "Service Unavailable", 500: "Internal Server Error"}


def user_agent_problem(agent: str | None) -> bool:
    """Whether a User-Agent is missing or only names a library."""
    text = (agent or "").strip().lower()
    named = "://" in text or "@" in text
    return not text or (text.startswith(_LIBRARIES) and not named)


def refusal(status: int, retry_after: int | None = None) -> Response:
    """Refuse as the edge does: JSON for 429, a sentence for 403, a page for the rest."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if status == 403:
        return PlainTextResponse(_POLICY, 403, headers)
    if status == 429:
        return JSONResponse({"status": 429, "type": "too_many_requests", "title": _TITLES[429]}, 429, headers)
    title = _TITLES.get(status, "Error")
    page = f"<!DOCTYPE html>\n<html lang=en>\n<title>Wikimedia Error</title>\n<h1>{status} {title}</h1>\n</html>\n"
    return Response(page, status, headers, "text/html")
