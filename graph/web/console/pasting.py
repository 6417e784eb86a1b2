# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as people paste them into a field: a column, a list with marks or numbers, one line with commas. Pure.

What a single name looks like (``User:``, underscores, links, any script) is the API's to read.
"""

from __future__ import annotations

import re
from typing import Final

# Marks before the items of a list. A name may begin like this as well, so they go only where every line has one.
_MARK: Final = re.compile(r"\s*(?:[*#•‣▪–—·-]+|\(?\d{1,4}[.)])\s+")
_BETWEEN: Final = re.compile(r"[,;،؛、，；]")
_LINES: Final = re.compile(r"[\n\r\t\v\f\x85\u2028\u2029]+")
_ONE_LINK: Final = re.compile(r"\s*\[\[[^\[\]]*\]\]\s*")


def names_in(text: str) -> list[str]:
    """The names in a pasted text, in their order, as they are written there; blank ones are left out.

    Each line is one name. A single line is divided at its commas and semicolons, unless it is one link.
    """
    lines = [line for line in _LINES.split(text) if line.strip()]
    if lines and all(_MARK.match(line) for line in lines) and (len(lines) > 1 or not lines[0].strip()[0].isdigit()):
        lines = [_MARK.sub("", line, count=1) for line in lines]
    if len(lines) == 1 and not _ONE_LINK.fullmatch(lines[0]):
        lines = _BETWEEN.split(lines[0])
    return [line.strip() for line in lines if line.strip()]
