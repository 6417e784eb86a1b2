# SPDX-License-Identifier: GPL-3.0-or-later
"""Which articles a scope has: categories, templates, PetScan's queries and PagePile's piles, read page by page."""
