# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of sign-in: sessions, tokens, admins. Declarations only; see graph/db/tables.py."""
