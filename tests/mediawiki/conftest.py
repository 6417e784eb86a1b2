# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Only whoever asks for this folder gets it (`make test-mediawiki`): it needs packages of the system."""
    return None if any("mediawiki" in argument for argument in config.args) else True
