# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from graph.errors import ErrorCode, UserFault
from graph.programs import ScopeKind
from graph.scopes import MOST_LINES, Source, lines, source
from tests.test_titles import GERMAN, wiki

DE = wiki("dewiki")


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        (ScopeKind.CATEGORY, "flüsse_in Sachsen", "Kategorie:Flüsse in Sachsen"),
        (ScopeKind.CATEGORY, "Category:Flüsse", "Kategorie:Flüsse"),
        (ScopeKind.CATEGORY, "https://de.wikipedia.org/wiki/Kategorie:Fl%C3%BCsse", "Kategorie:Flüsse"),
        (ScopeKind.TEMPLATE, "infobox Fluss", "Vorlage:Infobox Fluss"),
        (ScopeKind.TEMPLATE, "Wikipedia:Baustelle", "Wikipedia:Baustelle"),
        (ScopeKind.PETSCAN, " 12345 ", "12345"),
        (ScopeKind.PETSCAN, "https://petscan.wmcloud.org/?psid=12345", "12345"),
        (ScopeKind.PETSCAN, "petscan.wmflabs.org/?psid=12345&format=json&doit=1#x", "12345"),
        (ScopeKind.PAGEPILE, "77", "77"),
        (ScopeKind.PAGEPILE, "https://pagepile.toolforge.org/api.php?id=77&action=get_data&format=json&doit", "77"),
        (ScopeKind.PAGEPILE, "http://tools.wmflabs.org/pagepile/api.php?id=77", "77"),
        (ScopeKind.ASSIGNED_ARTICLES, " ", ""),
    ],
)
def test_a_scope_is_read_from_what_is_given(kind: ScopeKind, value: str, kept: str) -> None:
    assert source(kind, value, 0, GERMAN) == Source(kind, DE, kept, 0)


def test_only_a_category_has_a_depth() -> None:
    assert source(ScopeKind.CATEGORY, "A", 10, GERMAN).depth == 10
    with pytest.raises(UserFault, match="Only categories have a depth") as raised:
        source(ScopeKind.TEMPLATE, "A", 1, GERMAN)
    assert raised.value.field == ("depth",)


@pytest.mark.parametrize("depth", [-1, 11, 50])
def test_a_depth_beyond_ten_is_refused(depth: int) -> None:
    with pytest.raises(UserFault, match="The depth is a number from 0 to 10") as raised:
        source(ScopeKind.CATEGORY, "A", depth, GERMAN)
    assert (raised.value.code, raised.value.field) == (ErrorCode.INVALID, ("depth",))


PETSCAN_ONLY = "This is neither a number (psid) nor an address of PetScan."
PILES_ONLY = "This is neither a number (id) nor an address of PagePile."


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (ScopeKind.CATEGORY, "Datei:A", "Datei:A is no category."),
        (ScopeKind.CATEGORY, "a|b", "A title cannot have | in it; none has any of | # < > [ ] { }"),
        (ScopeKind.CATEGORY, "", "A title is missing."),
        (ScopeKind.ASSIGNED_ARTICLES, "Elbe", "The articles of this scope are those that are assigned."),
        (ScopeKind.PETSCAN, "", PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "0", PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "-5", PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "٣", PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "1" * 13, PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "5" * 20_000, PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "http://127.0.0.1/?psid=5", PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "http://169.254.169.254/?psid=5", PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "http://[::1]/?psid=5", PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "http://[::1/?psid=5", PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "file://petscan.wmcloud.org/?psid=5", PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "gopher://petscan.wmcloud.org/?psid=5", PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "https://petscan.wmcloud.org:81/?psid=5", PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "https://petscan.wmcloud.org@example.org/?psid=5", PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "https://user@petscan.wmcloud.org/?psid=5", PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "https://petscan.wmcloud.org.example.org/?psid=5", PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "https://pagepile.toolforge.org/api.php?id=5", PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "https://petscan.wmcloud.org/?psid=%FF", PETSCAN_ONLY),
        (ScopeKind.PETSCAN, "https://petscan.wmcloud.org/?categories=A", "This address of PetScan has no psid in it."),
        (ScopeKind.PETSCAN, "https://petscan.wmcloud.org/?psid=5e3", "This address of PetScan has no psid in it."),
        (
            ScopeKind.PETSCAN,
            "https://petscan.wmcloud.org/?psid=5&depth=3&categories=A",
            "This address changes what was saved (categories, depth): save it, and give the new number.",
        ),
        (ScopeKind.PAGEPILE, "https://tools.wmflabs.org/other/api.php?id=5", PILES_ONLY),
        (ScopeKind.PAGEPILE, "https://petscan.wmcloud.org/?psid=5", PILES_ONLY),
        (ScopeKind.PAGEPILE, "https://pagepile.toolforge.org/", "This address of PagePile has no id in it."),
    ],
)
def test_everything_else_is_refused_with_a_reason(kind: ScopeKind, value: str, message: str) -> None:
    with pytest.raises(UserFault) as raised:
        source(kind, value, 0, GERMAN)
    assert (raised.value.code, str(raised.value), raised.value.field) == (ErrorCode.INVALID, message, ("value",))


def test_pasted_articles_are_lines_without_blanks_and_repetitions() -> None:
    assert lines("Elbe\r\n\n  Saale \nElbe\n") == ["Elbe", "Saale"]
    assert lines("") == []
    assert len(lines("\n".join(map(str, range(MOST_LINES))))) == MOST_LINES


def test_more_than_five_thousand_lines_are_refused() -> None:
    with pytest.raises(UserFault, match="At most 5,000 articles") as raised:
        lines("\n".join(map(str, range(MOST_LINES + 1))), "titles")
    assert (raised.value.code, raised.value.field) == (ErrorCode.TOO_MANY, ("titles",))
