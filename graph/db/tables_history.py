# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of history: what was fetched, what is being fetched, what had to be mended. See graph/db/tables.py."""
