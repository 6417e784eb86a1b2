# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GRAPH = ROOT / "graph"
LICENCE = "SPDX-License-Identifier: GPL-3.0-or-later"
SOURCES = {".py", ".html", ".css", ".js", ".svg", ".mako", ".graphql", ".toml", ".sh", ""}
NOT_OURS = {".venv", ".git", "build", "node_modules", "var", "golden"}
NO_NOUNS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "service", "services"}
LONG = {"graph/db/migrations/versions/0001_tables.py"}  # read a table at a time


def files() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = any(part in NOT_OURS or (part.startswith(".") and part != ".ci") for part in parts)
        if path.is_file() and not hidden and not any(part.endswith(".egg-info") for part in parts):
            yield path


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def contracts() -> dict[str, dict[str, list[str]]]:
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    return {contract["name"]: contract for contract in tool["importlinter"]["contracts"]}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_import_contract_is_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("resolvers/deps.py", "import graph.schema.root", "Floors"),
        ("utilities.py", "", "Floors"),
        ("matching.py", "import asyncio", "The core"),
        ("db/ledger.py", "import graph.settings", "Settings stop"),
        ("resolvers/deps.py", "import strawberry", "Strawberry lives"),
        ("streams/ingest.py", "import asyncpg", "PostgreSQL lives"),
        ("web/pages.py", "import graph.db.pool", "The schema and the pages"),
        ("simulator/state.py", "import graph.programs", "The stand-in"),
        ("resolvers/deps.py", "import graph.simulator.state", "Only the demo"),
    ],
)
def test_an_import_against_the_contract_is_caught(tmp_path: Path, module: str, line: str, broken: str) -> None:
    shutil.copytree(GRAPH, tmp_path / "graph", ignore=shutil.ignore_patterns("__pycache__", "static", "templates"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "graph" / module).open("a", encoding="utf-8") as changed:
        changed.write(f"\n{line}\n")
    done = lint(tmp_path)
    assert done.returncode == 1
    assert any(line.startswith(broken) and line.endswith("BROKEN") for line in done.stdout.splitlines())


def test_lists_of_modules_in_the_contract_name_every_module() -> None:
    tops = {
        f"graph.{path.stem}"
        for path in GRAPH.iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem not in ("__init__", "__main__")
    }
    pure = contracts()["The core does no I/O, reads no clock and knows no framework"]["source_modules"]
    inner = {"graph.schema", "graph.settings"} | {name for name in pure if name.count(".") == 1}
    strawberry = set(contracts()["Strawberry lives in schema only"]["source_modules"])
    assert strawberry == tops - inner
    postgresql = set(contracts()["PostgreSQL lives in db only"]["source_modules"])
    assert postgresql == tops - {"graph.db", "graph.settings"} - (inner - {"graph.schema"})
    stand_in = set(contracts()["The stand-in for Wikimedia shares nothing with us but errors"]["forbidden_modules"])
    assert stand_in == tops - {"graph.errors", "graph.simulator"}


def test_every_source_file_names_its_licence() -> None:
    without = [
        str(path.relative_to(ROOT))
        for path in files()
        if path.suffix in SOURCES
        and path.name not in ("LICENSE", "Procfile", "py.typed")  # the platform reads every line of a Procfile
        and not any(LICENCE in line for line in path.read_text("utf-8").splitlines()[:3])
    ]
    assert without == []


@pytest.mark.parametrize(("folder", "most"), [("graph", 350), ("tests", 500)])
def test_no_source_file_is_too_long(folder: str, most: int) -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in modules(folder)}
    assert {name: length for name, length in lengths.items() if length > most and name not in LONG} == {}


def test_no_function_is_longer_than_40_lines_unless_it_only_declares() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in modules("graph")
        if "versions" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > 40
    ]
    assert long == []


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    if all(isinstance(statement, ast.Assign | ast.AnnAssign) for statement in body):
        return 0
    return (function.end_lineno or 0) - body[0].lineno + 1


def test_only_the_relay_publishes() -> None:
    publishers = [path for path in modules("graph") if "broker.publish(" in path.read_text("utf-8")]
    assert publishers == [GRAPH / "streams" / "relay.py"]


def test_sqlmodel_only_declares_tables() -> None:
    users = {path.relative_to(GRAPH / "db").parts[0] for path in modules("graph") if "sqlmodel" in imported(path)}
    assert users <= {"columns.py", "migrations", *(path.name for path in (GRAPH / "db").glob("tables*.py"))}


def test_the_live_stream_is_read_by_no_decoder_but_ours() -> None:
    others = [path for path in modules("graph") if imported(path) & {"sseclient", "httpx_sse", "aiohttp"}]
    assert others == [GRAPH / "tail.py"]  # which reads our own stream, as any client does


def imported(path: Path) -> set[str]:
    """The first parts of the names of all modules that are imported in a file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_every_module_is_named_for_what_is_in_it() -> None:
    assert [str(path.relative_to(ROOT)) for path in modules("graph", "tests") if path.stem in NO_NOUNS] == []


def test_dependencies_are_pinned_with_hashes_and_without_an_index() -> None:
    for name in ("requirements.txt", "tests/requirements.txt"):
        text = (ROOT / name).read_text("utf-8")
        assert "://" not in text
        pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert all("==" in pin and pin.endswith("\\") for pin in pins)


@pytest.mark.parametrize(
    ("part", "heavy"),
    [
        ("graph.app", ["alembic", "graph.schema", "graph.web", "graphql", "jinja2", "sqlalchemy", "strawberry"]),
        ("graph.serving", ["alembic", "sqlalchemy"]),
    ],
)
def test_a_process_loads_what_its_part_needs_only(part: str, heavy: list[str]) -> None:
    code = f"import sys, {part}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
