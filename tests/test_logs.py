# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime

import pytest

from graph import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = before
    root.setLevel(level)


def test_a_line_of_json_says_when_how_bad_who_and_what(stream: io.StringIO) -> None:
    logs.begin(json=True, stream=stream)
    logging.getLogger("graph.streams").warning("the stream: %s", "it\nhangs")
    [line] = stream.getvalue().splitlines()
    told = json.loads(line)
    assert datetime.fromisoformat(told.pop("time")).utcoffset() is not None
    assert told == {"level": "WARNING", "logger": "graph.streams", "message": "the stream: it\nhangs"}


def test_an_exception_stays_on_its_line(stream: io.StringIO) -> None:
    logs.begin(json=True, stream=stream)
    try:
        raise ValueError("no number")
    except ValueError:
        logging.getLogger("graph").exception("it failed")
    [line] = stream.getvalue().splitlines()
    assert json.loads(line)["exception"].endswith("ValueError: no number")


def test_people_get_lines_of_text(stream: io.StringIO) -> None:
    logs.begin(json=False, stream=stream)
    logging.getLogger("graph").info("listening")
    assert stream.getvalue().endswith(" INFO    graph: listening\n")


@pytest.mark.parametrize("name", ["httpx", "uvicorn", "alembic"])
def test_what_others_tell_in_passing_is_not_logged(stream: io.StringIO, name: str) -> None:
    logs.begin(json=True, stream=stream)
    logging.getLogger(name).info("a request")
    assert stream.getvalue() == ""
