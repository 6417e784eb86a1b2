# SPDX-License-Identifier: GPL-3.0-or-later
"""The wikis of Wikimedia: from the name somebody gives to the wiki it means; and what they say of an account.

Pure, and complete as of 2026: a wiki that is not here is not accepted anywhere. A new language needs one word in
``_LATIN`` or ``_OTHER_SCRIPTS``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from graph.programs import Wiki


@dataclass(frozen=True, slots=True)
class KnownUser:
    """What the wikis say of a username: its central id, its name as they write it, its registration (UTC)."""

    username: str
    central_id: int
    registered_at: datetime | None


def _codes(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Codes as they stand in the domain of the Wikipedia. Here: languages whose wikis are written in Latin letters.
_LATIN = _codes(
    """
    aa ace af ak als ami an ang ann ast atj avk ay az ban bar bat-smg bbc bcl bdr bew bi bjn bm bol
    br bs btm bug ca cbk-zam cdo ceb ch cho chy co crh cs csb cy da dag de dga din diq dsb dtp ee eml en eo es et eu
    ext fat ff fi fiu-vro fj fo fon fr frp frr fur fy ga gag gcr gd gl gn gor gpe guc gur guw gv ha hak haw hif ho
    hr hsb ht hu hz ia iba id ie ig igl ik ilo io is it jam jbo jv kaa kab kbp kcg kg kge ki kj kl knc kr ksh
    ku kus kw la lad lb lfn lg li lij lld lmo ln lt ltg lv mad map-bms mg mh mi min mos ms mt mus mwl na nah nap
    nds nds-nl ng nia nl nn no nov nr nrm nso nup nv ny oc olo om pag pam pap pcd pcm pdc pfl pih pl pms pt pwn qu rm
    rmy rn ro roa-rup roa-tara rw sc scn sco se sg sh simple sk sl sm smn sn so sq srn ss st stq su sv
    sw szl szy tay tet tk tl tly tn to tpi tr trv ts tum tw ty uz ve vec vep vi vls vo wa war wo xh yo za zea
    zh-min-nan zu
    """
)
# Their bytes cannot be read as words: two to four bytes a letter, or no spaces between words.
_OTHER_SCRIPTS = _codes(
    """
    ab ady alt am anp ar arc ary arz as av awa azb ba be be-tarask bg bh bho blk bn bo bpy bxr ce chr ckb cr
    cu cv dty dv dz el fa gan glk gom got gu he hi hy hyw inh iu ja ka kbd kk km kn ko koi krc ks kv ky lbe lez lo lrc
    mai mdf mhr mk ml mn mni mnw mr mrj my myv mzn ne new nqo or os pa pi pnb pnt ps rsk ru rue sa sah sat sd shi
    shn si skr sr syl ta tcy tdd te tg th ti tig tt tyv udm ug uk ur wuu xal xmf yi zgh zh zh-classical zh-yue
    """
)
LANGUAGES = _LATIN | _OTHER_SCRIPTS

# The smaller projects exist in few languages, some of them closed by now but still readable.
_FEW: Mapping[str, frozenset[str]] = {
    "wikinews": _codes(
        """
        ar bg bs ca cs de el en eo es fa fi fr guw he hu it ja ko li nl no pl pt ro ru sd shn sq sr sv ta th tr uk zh
        """
    ),
    "wikiversity": _codes("ar cs de el en es fi fr hi it ja ko pt ru sl sv zh"),
    "wikivoyage": _codes("bn cs de el en eo es fa fi fr he hi id it ja nl pl ps pt ro ru shn sv tr uk vi zh"),
}  # fmt: skip
_SUFFIXES: Mapping[str, str] = {
    "wiki": "wikipedia",
    "wiktionary": "wiktionary",
    "wikibooks": "wikibooks",
    "wikinews": "wikinews",
    "wikiquote": "wikiquote",
    "wikisource": "wikisource",
    "wikiversity": "wikiversity",
    "wikivoyage": "wikivoyage",
}
# Where the database kept an older name than the domain.
_OLD_NAMES: Mapping[str, str] = {"be_x_old": "be-tarask"}
_NEW_NAMES: Mapping[str, str] = {domain: database for database, domain in _OLD_NAMES.items()}

_CHAPTERS = _codes("am ar bd be br ca cn co dk fi mk mx nl no nyc pa-us pl pt rs ru se tr ua ve wb")
_MULTILINGUAL: Mapping[str, Wiki] = {
    dbname: Wiki(dbname, domain, project, None)
    for dbname, domain, project in (
        ("commonswiki", "commons.wikimedia.org", "commons"),
        ("wikidatawiki", "www.wikidata.org", "wikidata"),
        ("metawiki", "meta.wikimedia.org", "meta"),
        ("specieswiki", "species.wikimedia.org", "species"),
        ("mediawikiwiki", "www.mediawiki.org", "mediawiki"),
        ("wikifunctionswiki", "www.wikifunctions.org", "wikifunctions"),
        ("incubatorwiki", "incubator.wikimedia.org", "incubator"),
        ("sourceswiki", "wikisource.org", "wikisource"),
        ("betawikiversity", "beta.wikiversity.org", "wikiversity"),
        ("outreachwiki", "outreach.wikimedia.org", "outreach"),
        ("foundationwiki", "foundation.wikimedia.org", "foundation"),
        ("wikimaniawiki", "wikimania.wikimedia.org", "wikimania"),
        ("strategywiki", "strategy.wikimedia.org", "strategy"),
        ("testwiki", "test.wikipedia.org", "wikipedia"),
        ("test2wiki", "test2.wikipedia.org", "wikipedia"),
        ("testcommonswiki", "test-commons.wikimedia.org", "commons"),
        ("testwikidatawiki", "test.wikidata.org", "wikidata"),
        *((f"{code.replace('-', '_')}wikimedia", f"{code}.wikimedia.org", "wikimedia") for code in sorted(_CHAPTERS)),
    )
}
_BY_DOMAIN: Mapping[str, Wiki] = {
    **{wiki.domain: wiki for wiki in _MULTILINGUAL.values()},
    **{wiki.domain.removeprefix("www."): wiki for wiki in _MULTILINGUAL.values()},
}
_LONGEST = 2_000


@lru_cache(maxsize=4096)
def wiki(dbname: str) -> Wiki | None:
    """The wiki with this database name (``be_x_oldwiki`` is be-tarask.wikipedia.org), or None."""
    if (found := _MULTILINGUAL.get(dbname)) is not None:
        return found
    for suffix, project in _SUFFIXES.items():
        if dbname.endswith(suffix):
            name = dbname.removesuffix(suffix)
            language = _OLD_NAMES.get(name, name.replace("_", "-"))
            return _in_language(language, project) if _database(language) == name else None
    return None


def find(text: str) -> Wiki | None:
    """The wiki somebody means by ``enwiki``, ``en.wikipedia.org``, ``en.wikipedia`` or an address in it, or None."""
    if len(text) > _LONGEST:
        return None
    name = text.strip().lower()
    if (found := wiki(name)) is not None:
        return found
    host = name.removeprefix("https:").removeprefix("http:").removeprefix("//").partition("/")[0].rstrip(".")
    host = host.removeprefix("www.").replace(".m.", ".")
    host = host if host.endswith(".org") else f"{host}.org"
    if (found := _BY_DOMAIN.get(host)) is not None:
        return found
    language, _, rest = host.partition(".")
    project = rest.removesuffix(".org")
    return _in_language(language, project) if project in _SUFFIXES.values() else None


def counts_words(wiki: Wiki) -> bool:
    """Whether bytes there can be read as words: text in one language, written in Latin letters; never Wikidata."""
    return wiki.project != "wikidata" and wiki.language in _LATIN


def _in_language(language: str, project: str) -> Wiki | None:
    if language not in _FEW.get(project, LANGUAGES):
        return None
    suffix = "wiki" if project == "wikipedia" else project
    return Wiki(f"{_database(language)}{suffix}", f"{language}.{project}.org", project, language)


def _database(language: str) -> str:
    return _NEW_NAMES.get(language, language.replace("-", "_"))
