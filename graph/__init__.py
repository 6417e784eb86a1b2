# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs Graph: live numbers for programs and campaigns on Wikimedia wikis."""

from typing import Final

VERSION: Final = "0.1.0"
"""The one place of it: the package, the API and the User-Agent read it here."""
