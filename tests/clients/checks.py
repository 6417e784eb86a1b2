# SPDX-License-Identifier: GPL-3.0-or-later
"""What schemathesis checks of each answer; it loads this by SCHEMATHESIS_HOOKS."""

from __future__ import annotations

import schemathesis


@schemathesis.check
def foreseen(ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case) -> None:
    """GraphQL answers, and whatever it finds wrong has a code that says whose fault it is: never ours."""
    assert response.status_code < 500
    answer = response.json()
    assert set(answer) <= {"data", "errors", "extensions"}
    for error in answer.get("errors", ()):
        assert error["extensions"]["code"] not in ("INTERNAL_ERROR", "TIMEOUT"), error
        assert "Traceback" not in error["message"]
