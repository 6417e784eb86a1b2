# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes that are not GraphQL types: transports, pages, static files."""
