# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from graph.db import assignments, ledger
from graph.db.pool import Pool
from graph.jobs.assigned import locate
from graph.programs import AssignmentRole
from graph.titles import Title
from graph.wikimedia.scopes.articles import Articles
from tests.db.rows import END, NOW, World
from tests.simulator.serving import Stand, serving
from tests.wikimedia.scopes.stage import answering, api, noted
