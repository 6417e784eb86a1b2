# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of cohorts beside enrollment: consent, guesses of passcodes. See graph/db/tables.py."""
