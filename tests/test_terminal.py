# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from graph.terminal import harmless


@pytest.mark.parametrize("text", ["Sample bridge", "Θησεύς – 日本 ✓", "می‌خواهم", "क्‍ष", "👩‍🚀", "عمر", "e\u0301", ""])
def test_letters_of_every_script_and_what_joins_them_stay(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize(
    "character",
    ["\x1b", "\x07", "\x9b", "\n", "\r", "\t", "\0", "\x7f", "\u2028", "\u2029", "\u202e", "\u2067", "\ud800"],
)
def test_what_a_terminal_would_obey_is_replaced(character: str) -> None:
    assert harmless(f"a{character}b") == "a\ufffdb"
