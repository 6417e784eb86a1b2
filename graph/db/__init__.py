# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL and nothing else: tables, the ledger, queries by noun, migrations."""
