# SPDX-License-Identifier: GPL-3.0-or-later
"""What a field does: use-cases that know no GraphQL library."""
