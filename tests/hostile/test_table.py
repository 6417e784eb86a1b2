# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of bad inputs: every row is tried by tests that name it, here or where the thing it attacks is tested."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent

# Number: what is tried. Rows 30 to 36 and 46 are about pages, embeds and imports by address, 38 about exports.
ROWS = {
    1: "many aliases of one field",
    2: "one field again and again, overlapping fragments",
    3: "many directives",
    4: "depth through what leads back, hidden in fragments; breadth",
    5: "circular fragments, fragment bombs, bodies of megabytes, brackets, compressed bombs",
    6: "first: huge, negative, none, of another type",
    7: "batches, many operations in a document",
    8: "guessing passcodes by aliases",
    9: "a statement that takes too long",
    10: "introspection in circles, suggestions, tracing, nonsense",
    11: "an error with a secret in it",
    12: "forms and addresses of another page, with a cookie",
    13: "JSON of another origin",
    14: "what a cookie is",
    15: "a sign-in that was fixed, signed out, left open",
    16: "the way back from the log-in, forged",
    17: "secrets in addresses and logs",
    18: "a socket of another page, with a cookie",
    19: "a mutation over a socket: allowed, with a token",
    20: "sockets that do not keep to the protocol",
    21: "thousands of subscriptions, floods, readers that never read",
    22: "a right that is lost while following",
    23: "compression",
    24: "a private program, asked for in every way",
    25: "ids and cursors that were not given out",
    26: "numbers that tell of what is private",
    27: "passcodes nearly right, of programs that are missing",
    28: "guessing passcodes for long: slows the account, locks no program",
    29: "people who left, hidden names",
    37: "pasted names of every kind",
    39: "what databases understand, in searches",
    40: "an event stream that is none, or wants to be asked for something else",
    41: "limits and forged addresses",
    42: "secrets in what is shown of settings, settings that would be weak",
    43: "dependencies without a hash",
    44: "addresses that are for operators",
    45: "requests that two servers would read differently, forged hosts",
}

ELSEWHERE = {
    9: ["resolvers/test_pace.py::test_a_query_that_takes_too_long_ends_its_statement_and_its_connection_serves_on"],
    11: [
        "web/test_graphql_http.py::test_an_unexpected_error_is_masked_and_logged_in_one_line",
        "web/test_graphql_sse.py::test_a_source_that_breaks_ends_with_a_masked_error",
        "web/test_graphql_ws_operations.py::test_a_source_that_breaks_ends_with_a_masked_error",
    ],
    12: ["web/test_sign_in.py::test_what_a_form_can_send_is_no_request_at_all"],
    13: ["web/test_same_origin.py::test_every_other_page_is_not"],
    14: ["web/test_cookies.py::test_under_https_a_cookie_belongs_to_this_host_alone"],
    15: [
        "web/test_sign_in_pages.py::test_signing_in_gives_a_new_secret_each_time",
        "web/test_screens.py::test_signing_out_ends_the_sockets_and_streams_of_that_browser",
    ],
    16: [
        "web/test_sign_in_pages.py::test_the_way_back_of_another_browser_signs_nobody_in",
        "web/test_sign_in_pages.py::test_another_browsers_code_does_not_fit_ones_own_verifier",
        "web/test_sign_in_pages.py::test_the_way_back_works_once",
        "web/test_same_origin.py::test_whatever_could_lead_elsewhere_is_not",
        "wikimedia/test_oauth.py::test_a_code_that_is_replayed_is_refused",
    ],
    17: [
        "web/test_secrets_in_logs.py::test_no_secret_is_in_any_log_line",
        "web/test_joining.py::test_the_code_of_an_invitation_is_in_no_log",
        "web/test_screens.py::test_a_token_in_the_address_is_not_read",
    ],
    18: ["web/test_sign_in.py::test_a_socket_of_another_page_is_nobodys"],
    21: ["web/test_graphql_streams.py::test_two_thousand_subscribes_on_a_socket_run_fifty_and_harm_nobody"],
    22: ["web/test_screens.py::test_who_loses_the_right_to_a_private_program_hears_nothing_more"],
    24: ["schema/test_privacy.py::test_a_private_program_does_not_exist_for_others"],
    26: ["schema/test_privacy.py::test_the_edits_of_a_nameless_participant_are_nowhere"],
    27: [
        "resolvers/test_joining.py::test_guesses_at_private_and_at_missing_programs_are_slowed_alike",
        "hostile/test_values.py::test_a_passcode_that_is_not_the_one_is_wrong",
    ],
    28: ["resolvers/test_joining.py::test_guessing_slows_the_guessing_account_over_all_programs_and_nobody_else"],
    29: [
        "schema/test_privacy.py::test_a_hidden_revision_is_not_listed_and_a_hidden_summary_not_shown",
        "resolvers/test_leaving.py::test_whoever_erases_themselves_leaves_no_trace",
    ],
    37: [
        "resolvers/test_organizing_cohorts.py::test_pasted_names_are_added_each_once_in_any_writing_and_script",
        "resolvers/test_organizing_cohorts.py::test_a_thousand_names_may_be_added_at_once_and_no_more",
        "resolvers/test_usernames.py::test_what_can_be_nobodys_account_is_refused",
        "hostile/test_values.py::test_no_text_in_any_field_of_any_mutation_is_more_than_a_fault",
    ],
    40: [
        "streams/test_eventstreams.py::test_what_is_no_event_stream_is_not_read_as_one",
        "streams/test_eventstreams.py::test_a_compressed_stream_is_refused",
        "streams/test_transport.py::test_a_header_cannot_smuggle_another",
        "streams/test_transport.py::test_a_server_without_tls_is_not_talked_to_in_clear",
    ],
    41: ["resolvers/test_pace.py::test_too_many_changes_of_one_account_are_refused_and_change_nothing"],
    42: [
        "test_settings.py::test_a_password_is_never_shown",
        "test_settings.py::test_the_log_ins_secret_is_never_shown",
        "test_settings.py::test_the_development_sign_in_is_refused_where_others_can_reach_it",
    ],
    43: ["test_architecture.py::test_dependencies_are_pinned_with_hashes_and_without_an_index"],
}


@pytest.fixture(autouse=True)
def still_there() -> None:
    """No service is asked by these tests."""


def named_here() -> Iterable[int]:
    """The rows that tests beside this one name in their own names."""
    for path in Path(__file__).parent.glob("test_*.py"):
        for name in re.findall(r"def (test_row_\w+)", path.read_text("utf-8")):
            yield from (int(number) for number in re.findall(r"(?:row|and)_(\d\d)(?=_)", name))


@pytest.mark.parametrize("row", ROWS, ids=[f"{row:02}: {tried}" for row, tried in ROWS.items()])
def test_every_row_is_tried(row: int) -> None:
    assert row in ELSEWHERE or row in set(named_here())
    for place in ELSEWHERE.get(row, []):
        path, _, name = place.partition("::")
        assert f"def {name}(" in (TESTS / path).read_text("utf-8"), place


def test_no_row_is_named_that_the_table_does_not_have() -> None:
    assert set(named_here()) | set(ELSEWHERE) == set(ROWS)
