# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m graph`` is ``programs-graph``."""

from __future__ import annotations

import sys

from graph.cli import main

sys.exit(main())
