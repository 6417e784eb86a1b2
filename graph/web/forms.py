# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms of our own pages: read without a library, and only from our own pages."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

TOKEN_FIELD: Final = "form_token"
FIELDS: Final = 400
FORM_BYTES: Final = 64 * 1024
_FORM: Final = "application/x-www-form-urlencoded"


def form_token(secret: str, key: bytes) -> str:
    """What a form must bring back to be believed: made from the sign-in's secret, which it does not give away."""
    return hmac.new(key + secret.encode(), b"a form of our own pages", hashlib.sha256).hexdigest()


def is_token(fields: dict[str, str], secret: str, key: bytes) -> bool:
    """Whether a form brought the token of this sign-in; compared in constant time."""
    return hmac.compare_digest(fields.get(TOKEN_FIELD, "").encode(), form_token(secret, key).encode())


async def read_form(request: Request, limit: int = FORM_BYTES) -> dict[str, str]:
    """The fields of a form, the last value of each. Raises HTTPException for what is no form, or too large.

    ``limit`` is in bytes, as they are sent: a letter beyond ASCII takes six or more.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise HTTPException(415, "This is no form.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HTTPException(413, "This form is too large.")
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS))
    except ValueError:
        raise HTTPException(400, "This form cannot be read.") from None
