# SPDX-License-Identifier: GPL-3.0-or-later
"""What machines ask: whether this process lives, whether it can serve, and its figures."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

NOT_KEPT = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
FIGURES = "text/plain; version=0.0.4; charset=utf-8"


def health_routes(
    trouble: Callable[[], Awaitable[str | None]], figures: Callable[[], Awaitable[bytes]], token: str | None
) -> list[Route]:
    """The routes: ``/healthz`` asks nobody, ``/readyz`` asks ``trouble``, ``/metrics`` wants the token.

    Without a token there is no ``/metrics``.
    """

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("alive\n", headers=NOT_KEPT)

    async def readyz(_: Request) -> Response:
        found = await trouble()
        if found is None:
            return PlainTextResponse("ready\n", headers=NOT_KEPT)
        return PlainTextResponse(f"{found}\n", status_code=503, headers={**NOT_KEPT, "retry-after": "5"})

    async def metrics(request: Request) -> Response:
        if token is None:
            return PlainTextResponse("There are no figures here.\n", status_code=404, headers=NOT_KEPT)
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(given.encode(), token.encode()):
            headers = {**NOT_KEPT, "www-authenticate": 'Bearer realm="metrics"'}
            return PlainTextResponse("The token is missing or wrong.\n", status_code=401, headers=headers)
        return Response(await figures(), media_type=FIGURES, headers=NOT_KEPT)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
