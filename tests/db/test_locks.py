# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from pathlib import Path

GRAPH = Path(__file__).parents[2] / "graph"


def test_no_two_parts_of_the_program_lock_by_the_same_number() -> None:
    found = [
        (int(number), path.name)
        for path in sorted(GRAPH.rglob("*.py"))
        for number in re.findall(r"\b7_?166_?\d{3}\b", path.read_text("utf-8"))
    ]
    assert len(found) >= 5
    assert len({number for number, _ in found}) == len(found), sorted(found)
