# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from graph import pulse


def aged(file: Path, seconds: float) -> None:
    os.utime(file, (file.stat().st_atime, file.stat().st_mtime - seconds))


def test_a_loop_that_has_just_turned_lives(tmp_path: Path) -> None:
    file = pulse.path(tmp_path, "consumer")
    pulse.Pulse(file).beat()
    assert pulse.trouble(file) is None


def test_a_loop_that_turned_a_minute_ago_is_taken_for_dead(tmp_path: Path) -> None:
    file = pulse.path(tmp_path, "worker")
    pulse.Pulse(file).beat()
    aged(file, 61)
    assert pulse.trouble(file) == "the last heartbeat is 61 s old"


def test_a_loop_that_never_turned_is_taken_for_dead(tmp_path: Path) -> None:
    file = pulse.path(tmp_path, "worker")
    assert pulse.trouble(file) == f"there is no heartbeat at {file}"


def test_a_fast_loop_does_not_touch_the_file_each_time(tmp_path: Path) -> None:
    file = pulse.path(tmp_path, "consumer")
    beating = pulse.Pulse(file)
    beating.beat()
    aged(file, 30)
    before = file.stat().st_mtime
    beating.beat()
    assert file.stat().st_mtime == before


def test_a_heartbeat_that_cannot_be_written_is_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    beating = pulse.Pulse(tmp_path / "missing" / "file")
    monkeypatch.setattr(pulse, "EVERY_SECONDS", 0.0)
    with caplog.at_level(logging.WARNING):
        beating.beat()
        beating.beat()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
