# SPDX-License-Identifier: GPL-3.0-or-later
"""Which wikis and namespaces count, as people write them: a wiki a line, and boxes for the namespaces. Pure.

A line may name namespaces of its own, by number: ``commons.wikimedia.org 0 6``. The boxes are for all other lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from graph.web.asking import Fault
from graph.web.console.sheets import Fields

WIKIS: Final = "wikis"
NAMESPACES: Final = (0, 1, 2, 4, 6, 10, 14, 118)
"""Those that have a box: articles, talk, user pages, project, files, templates, categories, drafts."""


def box(namespace: int) -> str:
    """The name of a namespace's box."""
    return f"namespace-{namespace}"


BOXES: Final = {box(namespace): namespace for namespace in NAMESPACES}


def shown(tracked: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The fields for these wikis (``{wiki {domain} namespaces}``), the most common namespaces in boxes."""
    usual = Counter(
        tuple(each["namespaces"]) for each in tracked if set(each["namespaces"]) <= set(NAMESPACES)
    ).most_common(1)
    common = usual[0][0] if usual else ()
    lines = []
    for each in tracked:
        own = () if tuple(each["namespaces"]) == common else each["namespaces"]
        lines.append(" ".join((each["wiki"]["domain"], *map(str, own))))
    return {WIKIS: "\n".join(lines), **{box(namespace): "yes" for namespace in common}}


def read(fields: Fields) -> tuple[list[dict[str, Any]], tuple[Fault, ...]]:
    """The wikis as the API takes them, in their order, and what is wrong with the lines."""
    boxes = [namespace for name, namespace in BOXES.items() if fields.get(name)]
    found: list[dict[str, Any]] = []
    faults: list[Fault] = []
    for line in fields.get(WIKIS, "").splitlines():
        words = line.replace(",", " ").split()
        if not words:
            continue
        own = [int(word) for word in words[1:] if word.isascii() and word.isdigit() and len(word) < 6]
        if len(own) < len(words) - 1:
            message = f"After a wiki there can be numbers of namespaces only, not as in: {line.strip()}"
            faults.append(Fault("INVALID", (WIKIS,), message))
        found.append({"wiki": words[0], "namespaces": own or boxes})
    return found, tuple(faults)


def canonical(fields: Fields) -> str:
    """What the fields say, however it is written; as people can read it."""
    found = {f"{each['wiki'].lower()}: {', '.join(map(str, sorted(each['namespaces'])))}" for each in read(fields)[0]}
    return "; ".join(sorted(found))
