# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that strangers wrote, on a terminal.

Pure: no I/O. Titles and names come from anybody: what would move the cursor, colour the screen or turn the line
around is shown as U+FFFD, and so are line breaks. Letters of every script stay, with what joins them.
"""

from __future__ import annotations

import unicodedata

# Controls, lone surrogates, line and paragraph separators.
_UNSHOWN = {"Cc", "Cs", "Zl", "Zp"}
_TURNS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_REPLACEMENT = "\ufffd"


def harmless(text: str) -> str:
    """The text on one line, without anything a terminal would obey."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_REPLACEMENT if _obeyed(character) else character for character in text)


def _obeyed(character: str) -> bool:
    return character in _TURNS or unicodedata.category(character) in _UNSHOWN
