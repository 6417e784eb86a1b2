# SPDX-License-Identifier: GPL-3.0-or-later
"""Rivers that do not exist, in five scripts and languages: what the editathon writes about, without end."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """How a wiki's editors name rivers and sum up their edits. ``river`` has ``{}`` for a name put together of two."""

    river: str
    beginnings: str
    endings: str
    created: str
    edits: tuple[str, ...]


_ENGLISH = Language(
    "{} River",
    "Thal Bren Oss Mar Wend Lor Cal Ister Nym Har Quill Ald Fenn Rho Sel Tarn Ul Vesk Yar Zeph",
    "orin ath ewyn ock ella mere avon iscus undra ow issa elby angra eth ingle oreth",
    "Created page: a river, its course and its towns",
    ("Added the course", "Cited the 1931 survey", "copyedit", "Added tributaries", "Expanded: flora and fauna"),
)
_ARABIC = Language(
    "نهر {}",
    "الزهر الندى الصفا البرق السرو الغيم العنبر النخيل الرمل الفجر المرجان الياسمين الظل الريح",
    "الشرقي الغربي الكبير الصغير العالي القديم الأخضر الأبيض الأزرق الطويل الهادئ",
    "إنشاء مقالة عن النهر ومجراه",
    ("إضافة مصادر", "توسيع قسم الجغرافيا", "تصحيح لغوي", "إضافة الروافد", "إضافة خريطة"),
)
_CHINESE = Language(
    "{}河",
    "青 白 云 玉 松 龙 霜 月 银 碧 鹤 兰 枫 雁 星",
    "溪 岭 湾 沙 石 谷 川 泉 洲 桥 林 亭",
    "创建条目：河流概况与流域",
    ("补充来源", "扩充流域一节", "修正错别字", "增加支流", "添加图片"),
)
_RUSSIAN = Language(
    "{} (река)",
    "Верх Светло Черно Бело Ольхо Кедро Туман Серебро Ясно Мшино Звонко Тихо Рябино",
    "вка ярка ница вожа шка зерка гда мша речка ланка тынь",
    "Новая статья: течение, притоки, населённые пункты",
    ("Добавлены источники", "Дополнен раздел о притоках", "орфография", "карточка", "Добавлена категория"),
)
_GERMAN = Language(
    "{} (Fluss)",
    "Erlen Silber Moor Grün Kessel Hasel Weiden Nebel Kupfer Linden Falken Birken Otter",
    "bach ach au beke lauter graben quell fließ sieke ohe",
    "Neuer Artikel: Verlauf und Einzugsgebiet",
    ("Belege ergänzt", "Abschnitt Zuflüsse", "Tippfehler", "Infobox", "Kategorie ergänzt"),
)
_SPANISH = Language(
    "Río {}",
    "Alba Cierza Monte Valde Ronda Sierra Nube Fuente Peña Luz Verde Agua Brisa",
    "rana luz verde nieve quilla mora negra sol vientos dorada fría palma",
    "Artículo nuevo: curso y afluentes",
    ("Añado referencias", "Amplío afluentes", "ortografía", "Añado ficha", "Añado categoría"),
)
LANGUAGES: Mapping[str, Language] = {
    "enwiki": _ENGLISH,
    "arwiki": _ARABIC,
    "zhwiki": _CHINESE,
    "ruwiki": _RUSSIAN,
    "dewiki": _GERMAN,
    "eswiki": _SPANISH,
}
_ITEM_SUMMARIES = (
    "/* wbsetclaim-create:2||1 */ [[Property:P31]]: [[Q4022]]",
    "/* wbsetlabel-add:1|ar */ نهر",
    "/* wbsetreference-add:2| */ [[Property:P403]]",
    "/* wbsetdescription-add:1|zh */ 河流",
)


class Titles:
    """Names for new pages: never the same twice on a wiki, the same in every run with the same seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._given: dict[str, int] = {}
        self._shuffled: dict[str, list[str]] = {}

    def next(self, wiki: str) -> str:
        """A new title for this wiki."""
        count = self._given[wiki] = self._given.get(wiki, 0) + 1
        if wiki == "wikidatawiki":
            return f"Q{900_000_000 + count}"
        if wiki == "commonswiki":
            return f"File:River survey {self._seed:02d}-{count:05d}.jpg"
        names = self._names(wiki)
        series, number = divmod(count - 1, len(names))
        return f"{names[number]} {series + 1}" if series else names[number]

    def _names(self, wiki: str) -> list[str]:
        if wiki not in self._shuffled:
            language = LANGUAGES[wiki]
            space = " " if wiki == "arwiki" else ""
            firsts, lasts = language.beginnings.split(), language.endings.split()
            pairs = [f"{first}{space}{last}" for first in firsts for last in lasts]
            names = [language.river.format(pair) for pair in pairs]
            random.Random(f"{self._seed}/{wiki}").shuffle(names)
            self._shuffled[wiki] = names
        return self._shuffled[wiki]


def summary(wiki: str, chances: random.Random, *, new: bool = False) -> str:
    """An edit summary as this wiki's editors write them; sometimes none."""
    if wiki == "wikidatawiki":
        return chances.choice(_ITEM_SUMMARIES)
    language = LANGUAGES.get(wiki, _ENGLISH)
    if new:
        return language.created
    return chances.choice((*language.edits, ""))
