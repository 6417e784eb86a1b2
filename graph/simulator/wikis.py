# SPDX-License-Identifier: GPL-3.0-or-later
"""The wikis of the stand-in: their names, namespaces and the way they write a title."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

CANONICAL: Mapping[int, str] = {
    0: "", 1: "Talk", 2: "User", 3: "User talk", 4: "Project", 5: "Project talk", 6: "File", 7: "File talk",
    8: "MediaWiki", 9: "MediaWiki talk", 10: "Template", 11: "Template talk", 12: "Help", 13: "Help talk",
    14: "Category", 15: "Category talk",
}  # fmt: skip
_DRAFTS: Mapping[int, str] = {118: "Draft", 119: "Draft talk"}
_ENTITIES: Mapping[int, str] = {120: "Property", 121: "Property talk", 146: "Lexeme", 147: "Lexeme talk"}
_ARABIC = (
    "نقاش|مستخدم|نقاش المستخدم|ويكيبيديا|نقاش ويكيبيديا|ملف|نقاش الملف|ميدياويكي|نقاش ميدياويكي|"
    "قالب|نقاش القالب|مساعدة|نقاش المساعدة|تصنيف|نقاش التصنيف"
)
_RUSSIAN = (
    "Обсуждение|Участник|Обсуждение участника|Википедия|Обсуждение Википедии|Файл|Обсуждение файла|MediaWiki|"
    "Обсуждение MediaWiki|Шаблон|Обсуждение шаблона|Справка|Обсуждение справки|Категория|Обсуждение категории"
)
_GERMAN = (
    "Diskussion|Benutzer|Benutzer Diskussion|Wikipedia|Wikipedia Diskussion|Datei|Datei Diskussion|MediaWiki|"
    "MediaWiki Diskussion|Vorlage|Vorlage Diskussion|Hilfe|Hilfe Diskussion|Kategorie|Kategorie Diskussion"
)
_SPANISH = (
    "Discusión|Usuario|Usuario discusión|Wikipedia|Wikipedia discusión|Archivo|Archivo discusión|MediaWiki|"
    "MediaWiki discusión|Plantilla|Plantilla discusión|Ayuda|Ayuda discusión|Categoría|Categoría discusión"
)


_EVERYWHERE: Mapping[str, int] = {"Image": 6, "Image talk": 7}


def capitalize(name: str) -> str:
    """Write a title or user name as MediaWiki does: trimmed, single spaces, the first letter upper."""
    words = " ".join(name.replace("_", " ").split())
    first = words[:1].upper()
    # MediaWiki leaves a letter alone whose capital is more than one letter (ß).
    return (first if len(first) == 1 else words[:1]) + words[1:]


@dataclass(frozen=True)
class Wiki:
    """One wiki. ``namespaces`` maps each number to its local name; ``content`` are those that hold content.

    ``aliases`` maps other names of namespaces to their numbers.
    """

    dbname: str
    domain: str
    language: str
    sitename: str
    namespaces: Mapping[int, str]
    content: frozenset[int] = field(default=frozenset({0}))
    aliases: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        extra = {**_DRAFTS, **_ENTITIES}
        known = {number: CANONICAL.get(number) or extra.get(number, "") for number in self.namespaces}
        named = {name.casefold(): number for name, number in self.aliases.items()}
        named |= {name.casefold(): number for number, name in known.items() if number}
        return named | {name.casefold(): number for number, name in self.namespaces.items() if number}

    def key(self, title: str) -> tuple[int, str]:
        """Read a title in any accepted writing into its namespace's number and its prefixed database key."""
        prefix, colon, rest = title.replace("_", " ").partition(":")
        number = self._numbers.get(" ".join(prefix.split()).casefold()) if colon else None
        if number is None:
            return 0, capitalize(title).replace(" ", "_")
        return number, f"{self.namespaces[number]}:{capitalize(rest)}".replace(" ", "_")

    def content_model(self, namespace: int) -> tuple[str, str]:
        """The model and format of a page's main slot."""
        models = {0: "wikibase-item", 120: "wikibase-property", 146: "wikibase-lexeme"}
        if self.dbname == "wikidatawiki" and namespace in models:
            return models[namespace], "application/json"
        return "wikitext", "text/x-wiki"


def _local(names: str, project: str) -> dict[int, str]:
    spelled = names.split("|") if names else [CANONICAL[number] for number in range(1, 16)]
    local = {0: "", **dict(enumerate(spelled, 1))}
    return {number: name.replace("Project", project) for number, name in local.items()}


def wikipedia(
    language: str, *, sitename: str = "Wikipedia", names: str = "", aliases: Mapping[str, int] | None = None
) -> Wiki:
    """Describe a Wikipedia; ``names`` are the local names of namespaces 1 to 15, parted by ``|``."""
    return Wiki(
        dbname=f"{language.replace('-', '_')}wiki",
        domain=f"{language}.wikipedia.org",
        language=language,
        sitename=sitename,
        namespaces={**_local(names, "Wikipedia"), **_DRAFTS},
        aliases={**_EVERYWHERE, **(aliases or {})},
    )


def known_wikis() -> list[Wiki]:
    """The wikis every stand-in starts with."""
    return [
        wikipedia("en", aliases={"WP": 4, "WT": 5}),
        wikipedia("ar", sitename="ويكيبيديا", names=_ARABIC, aliases={"مستخدمة": 2, "صورة": 6}),
        wikipedia("zh"),
        wikipedia("ru", sitename="Википедия", names=_RUSSIAN, aliases={"Участница": 2, "К": 14}),
        wikipedia("de", names=_GERMAN, aliases={"Benutzerin": 2, "WP": 4, "Bild": 6}),
        wikipedia("es", names=_SPANISH),
        wikipedia("fr", sitename="Wikipédia"),
        Wiki(
            "commonswiki", "commons.wikimedia.org", "en", "Wikimedia Commons", _local("", "Commons"), frozenset({0, 6})
        ),
        Wiki(
            "wikidatawiki", "www.wikidata.org", "en", "Wikidata", {**_local("", "Wikidata"), **_ENTITIES},
            frozenset({0, 120, 146}),
        ),
        Wiki("metawiki", "meta.wikimedia.org", "en", "Meta", _local("", "Meta")),
    ]  # fmt: skip
