# SPDX-License-Identifier: GPL-3.0-or-later
"""What others may send us: the bounds within which the database can hold it.

Pure. Used by the decoders of whatever comes from outside, so that one absurd value is refused alone and cannot stop
all others.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta


def storable(text: str) -> str:
    """The text without NUL, the one character PostgreSQL refuses."""
    return text.replace("\0", "\ufffd")


Number = Annotated[int, Meta(ge=1, le=2**53)]
NumberOrNone = Annotated[int, Meta(ge=0, le=2**53)]  # 0: there is none
Size = Annotated[int, Meta(ge=0, le=2**31 - 1)]
SizeChange = Annotated[int, Meta(ge=1 - 2**31, le=2**31 - 1)]
Namespace = Annotated[int, Meta(ge=-32768, le=32767)]
WikiName = Annotated[str, Meta(max_length=64, pattern=r"^[a-z0-9_]+\Z")]
Title = Annotated[str, Meta(min_length=1, max_length=1024)]
Username = Annotated[str, Meta(min_length=1, max_length=255)]
Instant = Annotated[datetime, Meta(tz=True)]
