# SPDX-License-Identifier: GPL-3.0-or-later
"""What the address of a live screen says about how it looks. Whatever it says wrongly is as if it were not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

NAMES: Final = ("initials", "full", "none")
"""How a live screen shows who edited; the first is the default."""
THEMES: Final = ("dark", "light")
"""Its colours; the first is the default."""
METRICS: Final = {
    "totalEdits": "live-number-edits",
    "articlesCreated": "live-number-articles-created",
    "articlesEdited": "live-number-articles-edited",
    "activeEditors": "live-number-active-editors",
    "editors": "live-number-editors",
    "newEditors": "live-number-new-editors",
    "bytesAdded": "live-number-bytes-added",
    "wordsAdded": "live-number-words-added",
    "commonsUploads": "live-number-uploads",
    "referencesAdded": "live-number-references-added",
    "revertedEdits": "live-number-reverted",
    "articleViews": "live-number-views",
}
"""The counters that can be chosen, by the API's names, and what they are called."""
USUAL: Final = ("activeEditors", "totalEdits", "articlesCreated", "bytesAdded")
MOST_COUNTERS: Final = 5
LONGEST_HOLD: Final = 300
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a screen looks. ``hold``: cards are shown so many seconds late. ``invites``: the code is the invitation's."""

    names: str = NAMES[0]
    theme: str = THEMES[0]
    metrics: tuple[str, ...] = USUAL
    hold: int = 0
    all_namespaces: bool = False
    sound: bool = True
    moderating: bool = False
    invites: bool = False

    @classmethod
    def of(cls, given: Mapping[str, str], kind: str) -> Options:
        """What these parameters say; ``kind`` is program, campaign or session."""
        chosen = dict.fromkeys(name for name in given.get("metrics", "").split(",") if name in METRICS)
        held = given.get("hold", "")
        return cls(
            names=_one_of(given.get("names"), NAMES),
            theme=_one_of(given.get("theme"), THEMES),
            metrics=tuple(chosen)[:MOST_COUNTERS] or USUAL,
            hold=min(int(held), LONGEST_HOLD) if held.isascii() and held.isdigit() and len(held) < 6 else 0,
            all_namespaces=given.get("ns") == "all",
            sound=given.get("sound") != "0",
            moderating=given.get("moderate") == "1" and kind != "campaign",
            invites=given.get("qr") == "join",
        )

    def labels(self) -> dict[str, str]:
        """The messages that name the counters."""
        return {name: METRICS[name] for name in self.metrics}

    def for_scripts(self) -> dict[str, Any]:
        """What the scripts are to know of it."""
        return {
            "names": self.names,
            "hold": self.hold,
            "all": self.all_namespaces,
            "sound": self.sound,
            "moderating": self.moderating,
        }


def _one_of(chosen: str | None, choices: tuple[str, ...]) -> str:
    return chosen if chosen in choices else choices[0]
