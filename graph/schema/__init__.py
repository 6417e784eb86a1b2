# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API says: the only importer of Strawberry; declares and converts."""
