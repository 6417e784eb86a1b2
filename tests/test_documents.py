# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documents say is there. (Settings and commands have their own tests.)"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from graphql import GraphQLObjectType, build_schema, parse, validate

from graph.schema.root import sdl
from graph.web import graphql_messages

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DECISIONS = sorted(ROOT.glob("docs/decisions/0*.md"))
SCHEMA = build_schema(sdl())


def named(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=[path.name for path in paths])


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@named(DOCUMENTS)
def test_every_link_inside_the_project_leads_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


@named(DOCUMENTS)
def test_every_example_in_graphql_is_valid(path: Path) -> None:
    for example in blocks(path, "graphql"):
        assert validate(SCHEMA, parse(example)) == [], example


@named(DOCUMENTS)
def test_every_example_in_python_can_be_read(path: Path) -> None:
    for example in blocks(path, "python"):
        ast.parse(example)


@pytest.mark.parametrize("type_name", ["Metrics", "EditorMetrics", "TimelinePoint"])
def test_every_number_is_defined(type_name: str) -> None:
    kind = SCHEMA.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    defined = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "metrics.md").read_text("utf-8")))
    assert set(kind.fields) - defined == set()


def test_every_subscription_and_activity_is_explained() -> None:
    explained = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "live-updates.md").read_text("utf-8")))
    assert SCHEMA.subscription_type
    assert set(SCHEMA.subscription_type.fields) - explained == set()
    assert {kind.name for kind in SCHEMA.get_possible_types(SCHEMA.type_map["Activity"])} - explained == set()


def test_every_close_code_is_explained() -> None:
    text = (ROOT / "docs" / "live-updates.md").read_text("utf-8")
    ours = {value for value in vars(graphql_messages).values() if isinstance(value, int) and 1000 <= value < 5000}
    assert {int(code) for code in re.findall(r"^\| (\d{4}) \|", text, re.MULTILINE)} == ours


def test_decisions_are_numbered_and_listed() -> None:
    listed = re.findall(r"\((\d{4}-[\w-]+\.md)\)", (ROOT / "docs" / "decisions" / "README.md").read_text("utf-8"))
    assert listed == [path.name for path in DECISIONS]
    assert [int(name[:4]) for name in listed] == list(range(1, len(listed) + 1))


@named(DECISIONS)
def test_a_decision_names_the_checks_that_keep_it(path: Path) -> None:
    kept = path.read_text("utf-8").partition("**Kept by**")[2]
    files = [ROOT / name for name in re.findall(r"`(tests/[\w/]+\.py)`", kept)]
    assert files
    tests = "".join(file.read_text("utf-8") for file in files)
    assert [name for name in re.findall(r"`(test_\w+)`", kept) if f"def {name}(" not in tests] == []
