# SPDX-License-Identifier: GPL-3.0-or-later
"""What real people do on two real wikis, in two parts; between them somebody reads."""

from __future__ import annotations

import time
from base64 import b64decode

from tests.mediawiki.mediawiki import Account, Wiki

PICTURE = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
PAGE = "<page><title>{title}</title>{revisions}</page>"
REVISION = (
    "<revision><timestamp>{at}</timestamp><contributor><username>{author}</username></contributor>"
    "<comment>From elsewhere</comment><model>wikitext</model><format>text/x-wiki</format><text>{text}</text></revision>"
)


def revision(at: str, author: str, text: str) -> str:
    """An old revision for an import."""
    return REVISION.format(at=at, author=author, text=text)


def a_second() -> None:
    """The wikis' times are in whole seconds; this is how to be in another one."""
    time.sleep(1.05)


class Story:
    """Ada, Bela and Chidi take part; Mover and Patroller are there, too."""

    def __init__(self, english: Wiki, commons: Wiki) -> None:
        self.english, self.commons = english, commons
        self.ada, self.bela, self.chidi, self.mover = (
            english.account(name) for name in ("Ada", "Bela", "Chidi", "Mover")
        )
        self.patroller = english.patroller()
        self.ada_there, self.chidi_there = commons.account("Ada"), commons.account("Chidi")
        self.revisions: dict[str, int] = {}
        self.times: list[str] = []

    def first_part(self) -> None:
        """Everything that is there when somebody reads for the first time."""
        self._write()
        self._revert()
        self._move()
        self._delete()
        self._hide()
        self._import()
        self._upload()
        self.english.run_jobs()

    def _write(self) -> None:
        ada, bela, chidi = self.ada, self.bela, self.chidi
        ada.save("Nile", "A river. " * 20, summary="Begin")
        ada.save("Nile", "A river. " * 25, summary="More", minor=1)
        bela.save("Nile", "A long river. " * 30)
        bela.save("Nile", "A long river. " * 10, summary="Shorter")
        chidi.save("Draft:Volta", "Not yet done. " * 9)
        chidi.save("Draft:Volta", "Nearly done. " * 12)
        bela.save("User:Bela", "About me: юлия, 陈云岫")
        bela.save("Talk:Nile", "A question")
        ada.save("Category:Rivers", "All of them")
        chidi.save("Template:River", "")  # an empty page
        ada.save("River Nile", "#REDIRECT [[Nile]]")
        ada.save("Blue Nile", "#REDIRECT [[Nile]]")
        ada.save("Blue Nile", "A river of its own")
        bela.save("White Nile", "A river, too")
        bela.save("White Nile", "#REDIRECT [[Nile]]")
        self.patroller.protect("White Nile")  # a revision that changes nothing

    def _revert(self) -> None:
        for text in ("Hello!!!", "Hello again"):
            self.bela.save("Nile", text)
        self.patroller.roll_back("Nile", "Bela")
        undone = self.chidi.save("Blue Nile", "Nonsense " * 7)
        self.patroller.undo("Blue Nile", undone)
        self.bela.save("Blue Nile", "Other nonsense")
        # Ada is not trusted: what she reverts by hand is marked when somebody has looked at it.
        self.revisions["by hand"] = self.ada.save("Blue Nile", "A river of its own")

    def _move(self) -> None:
        self.bela.save("Elbe", "Ein Fluss")
        self.bela.save("Talk:Elbe", "Eine Frage")
        self.bela.move("Elbe", "Elbe (river)")  # leaves a redirect, as does its talk page
        self.chidi.save("Draft:Congo", "A river " * 30)
        self.mover.move("Draft:Congo", "Congo")  # counts as created from now on
        self.ada.save("Sandbox of Ada", "Try this")
        self.ada.move("Sandbox of Ada", "User:Ada/Sandbox")
        self.bela.save("Rhine", "Ein Strom")
        self.bela.save("Rhein", "#REDIRECT [[Rhine]]")
        self.bela.move("Rhine", "Rhein")  # over a redirect, which is deleted

    def _delete(self) -> None:
        self.ada.save("Advertisement", "Buy now " * 50)
        self.bela.save("Advertisement", "Buy now, really " * 50)
        self.patroller.delete("Advertisement")
        self.ada.save("Mistaken", "A good article " * 5)
        self.patroller.delete("Mistaken")
        self.patroller.undelete("Mistaken")
        self.bela.save("Again", "First attempt " * 3)
        self.patroller.delete("Again")
        self.bela.save("Again", "Second attempt, which stays " * 3)
        self.chidi.save("Lost and found", "Gone for now " * 8)
        self.patroller.delete("Lost and found")

    def _hide(self) -> None:
        kept = [self.chidi.save("Private matters", "Line\n" * lines, summary=f"Line {lines}") for lines in range(1, 9)]
        self.patroller.hide(kept[1], "content")
        self.patroller.hide(kept[2], "user")
        self.patroller.hide(kept[3], "comment")
        self.patroller.hide(kept[4], "content|user|comment", suppress=True)
        self.revisions |= {"text": kept[1], "user": kept[2], "to be hidden": kept[6], "and named": kept[5]}

    def _import(self) -> None:
        old = revision("2020-01-01T10:00:00Z", "Ada", "abc") + revision("2020-01-02T10:00:00Z", "Bela", "abcdef")
        self.patroller.bring_in(PAGE.format(title="Imported", revisions=old))
        self.patroller.bring_in(
            PAGE.format(title="Congo", revisions=revision("2020-02-01T00:00:00Z", "Ada", "Once upon a time"))
        )

    def _upload(self) -> None:
        self.ada_there.upload("Nile.png", PICTURE)
        self.ada_there.upload("Nile.png", PICTURE + b"x")  # a new version
        self.chidi_there.upload("Volta.png", PICTURE + b"y")
        self.chidi_there.upload("Blurred.png", PICTURE + b"z")
        self.commons.patroller().delete("File:Blurred.png")
        self.ada_there.save("Template:Rivers", "Of Commons")

    def second_part(self) -> None:
        """What happens to what was read already."""
        patroller = self.patroller
        patroller.patrol(self.revisions["by hand"])
        self.english.run_jobs()
        patroller.undelete("Lost and found")
        patroller.delete("White Nile")
        patroller.move("Congo", "Draft:Congo again")
        self.ada.move("User:Ada/Sandbox", "Sandbox of everybody", redirect=False)
        patroller.hide(self.revisions["text"], "content", show=True)
        patroller.hide(self.revisions["user"], "user", show=True)
        patroller.hide(self.revisions["to be hidden"], "content")
        patroller.hide(self.revisions["and named"], "user")
        self.commons.patroller().delete("File:Volta.png")
        self.english.rename("Bela", "Béla")
        self.ada.save("Nile", "A river, at last. " * 40)
        self.bela_again().save("Danube", "Ein neuer Artikel " * 9)

    def wandering_histories(self) -> None:
        """Pages that will be put together with others, and parts of one that will be missing."""
        self.ada.save("Twice", "The first page " * 4)
        self.ada.save("Twice", "The first page, longer " * 5)
        self.patroller.delete("Twice")
        self.chidi.save("Twice", "The second page of this title " * 3)
        self.ada.save("Half", "A part " * 20)
        a_second()
        self.times = [self._time_of(self.chidi.save("Half", "Another part " * 30))]
        a_second()
        self.ada.save("Half", "The rest " * 50)
        self.chidi.save("Source", "One history " * 6)
        self.chidi.save("Source", "One history, longer " * 6)
        a_second()
        self.ada.save("Target", "Another history " * 6)
        self.patroller.bring_in(
            PAGE.format(title="Old redirect", revisions=revision("2020-03-01T00:00:00Z", "Ada", "#REDIRECT [[Nile]]"))
        )

    def _time_of(self, number: int) -> str:
        return self.english.time_of(number)

    def histories_wander(self) -> None:
        """The pages are put together, and only a part of one is restored."""
        self.patroller.undelete("Twice")  # its revisions are of the second page from now on
        self.patroller.delete("Half")
        self.patroller.undelete("Half", *self.times)
        self.patroller.merge("Source", "Target")

    def bela_again(self) -> Account:
        """Bela under the new name."""
        return Account(self.english, "Béla")
