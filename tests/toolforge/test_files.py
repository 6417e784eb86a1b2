# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that Toolforge reads say only what it understands, and name only what is there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from graph.settings import SETTINGS
from graph.web.texts import LANGUAGES

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "toolforge"

# What the components API takes of a continuous component.
RUN = {
    "command", "cpu", "memory", "emails", "mount", "filelog", "filelog_stdout", "filelog_stderr", "port",
    "port_protocol", "publish", "replicas", "health_check_script", "health_check_http",
}  # fmt: skip
JOB = {
    "name", "command", "image", "continuous", "schedule", "mem", "cpu", "emails", "replicas", "port", "mount",
    "health-check-script", "health-check-http", "filelog", "retry", "timeout",
}  # fmt: skip
# What begins so needs the real platform; of the rest each is executed by test_platform.py, or is a target of its own.
PLATFORM = {"toolforge", "become", "ssh", "curl"}
EXECUTED = {
    "python -m graph migrate",
    "python -m graph recount",
    "python -m graph recount --check",
    'pg_dump --format=custom --file=programs-graph.dump "$GRAPH_DATABASE_URL"',
    'pg_restore --clean --if-exists --no-owner --dbname="$GRAPH_DATABASE_URL" programs-graph.dump',
    "openssl rand -hex 32",
    "make faults-as-root",
}
SERVICE = {"type", "health-check-path", "mount", "cpu", "mem", "replicas", "extra_args"}


def procfile() -> dict[str, str]:
    return dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text("utf-8").splitlines())


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text("utf-8"))


def test_every_line_of_the_procfile_hands_its_signals_to_the_program() -> None:
    assert set(procfile()) == {"web", "consumer", "worker", "migrate", "healthy-consumer", "healthy-worker"}
    assert [name for name, line in procfile().items() if not line.startswith("exec ")] == []


def test_the_build_finds_exactly_one_lock_file_and_a_python_version() -> None:
    locks = [name for name in ("requirements.txt", "poetry.lock", "uv.lock", "Pipfile.lock") if (ROOT / name).exists()]
    assert locks == ["requirements.txt"]
    assert re.fullmatch(r"3\.1[1-4]\n", (ROOT / ".python-version").read_text("utf-8"))
    assert not (ROOT / "package.json").exists()


def test_components_say_what_the_platform_takes() -> None:
    config = read("toolforge.yaml")
    assert set(config) == {"config_version", "source_url", "components"}
    assert config["config_version"] == "v1beta1"
    components = config["components"]
    assert list(components) == ["web", "consumer", "worker"]
    for name, component in components.items():
        assert set(component) == {"component_type", "build", "run"}
        assert component["component_type"] == "continuous"
        assert set(component["run"]) <= RUN
        assert component["run"]["command"] == name
        assert ("health_check_script" in component["run"]) != ("health_check_http" in component["run"])
    assert [components[name]["build"] for name in ("consumer", "worker")] == [{"reuse_from": "web"}] * 2


def test_only_the_web_part_is_published_and_asked_for_its_health() -> None:
    components = read("toolforge.yaml")["components"]
    web = components["web"]["run"]
    assert (web["port"], web["publish"], web["health_check_http"]) == (8000, "/", "/healthz")
    assert [name for name, each in components.items() if "publish" in each["run"]] == ["web"]


def test_one_consumer_runs_at_a_time() -> None:
    assert read("toolforge.yaml")["components"]["consumer"]["run"]["replicas"] == 1


def test_the_older_way_says_the_same() -> None:
    jobs, service = read("jobs.yaml"), read("service.template")
    components = read("toolforge.yaml")["components"]
    assert set(service) <= SERVICE
    assert service["health-check-path"] == components["web"]["run"]["health_check_http"]
    assert service["mem"] == components["web"]["run"]["memory"]
    for job in jobs:
        run = components[job["name"]]["run"]
        assert set(job) <= JOB
        assert job["continuous"] is True
        assert (job["command"], job["mem"], job["cpu"]) == (run["command"], run["memory"], run["cpu"])
        assert job["health-check-script"] == run["health_check_script"]
    assert [job["name"] for job in jobs] == ["consumer", "worker"]


def test_every_command_is_a_line_of_the_procfile() -> None:
    runs = [component["run"] for component in read("toolforge.yaml")["components"].values()]
    named = {run["command"] for run in runs} | {
        run["health_check_script"] for run in runs if "health_check_script" in run
    }
    assert named <= set(procfile())


def test_the_example_of_variables_explains_settings_that_there_are() -> None:
    text = (FOLDER / "envvars.example").read_text("utf-8")
    paragraphs = [block.splitlines() for block in text.split("\n\n")[1:]]
    settings = {setting.name: setting for setting in SETTINGS}
    named = set()
    for paragraph in paragraphs:
        assert paragraph[0].startswith("# ")
        for line in paragraph:
            if not line.startswith("#"):
                name, value = line.split("=", 1)
                settings[name].parse(value)
                named.add(name)
    assert {"GRAPH_DATABASE_URL", "GRAPH_CONTACT", "GRAPH_PUBLIC_URL", "GRAPH_OAUTH_CLIENT_SECRET"} <= named


def test_toolinfo_has_what_toolhub_asks_for() -> None:
    info = json.loads((FOLDER / "toolinfo.json").read_text("utf-8"))
    assert info["$schema"] == "/toolinfo/1.2.2"
    assert info["name"].startswith("toolforge-")
    assert len(info["title"]) <= 25
    assert info["license"] == "GPL-3.0-or-later"
    assert info["available_ui_languages"] == list(LANGUAGES)
    assert all(info[name].startswith("https://") for name in ("url", "repository", "api_url"))


@pytest.mark.parametrize("name", ["envvars.example", "jobs.yaml", "service.template", "toolforge.yaml"])
def test_the_runbook_leads_to_each_file(name: str) -> None:
    assert f"({name})" in (FOLDER / "README.md").read_text("utf-8")


def commands() -> list[str]:
    """Every command of the runbook: the lines of its blocks, and what stands between backticks and is one."""
    text = (FOLDER / "README.md").read_text("utf-8")
    lines = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    return lines + re.findall(
        r"`((?:toolforge|become|ssh|curl|openssl|make|programs-graph|python|pg_\w+) [^`]+)`", text
    )


def test_every_command_of_the_runbook_is_executed_by_a_test_or_needs_the_platform() -> None:
    found = commands()
    here = [line for line in found if line.split()[0] not in PLATFORM]
    assert len(found) > 20
    assert [line for line in here if line not in EXECUTED] == []
    assert {line for line in EXECUTED if line not in here} == set(), "it is not in the runbook any more"
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert all(f"\n{line.split()[1]}:" in makefile for line in EXECUTED if line.startswith("make "))
