# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from starlette.responses import Response

from graph.web.cookies import Cookie, Cookies


def given(secure: bool) -> str:
    response = Response()
    Cookies(secure=secure).give(response, Cookie.SIGN_IN, "value", 60)
    return response.headers["set-cookie"]


def test_under_https_a_cookie_belongs_to_this_host_alone() -> None:
    assert given(True) == "__Host-programs-graph=value; HttpOnly; Max-Age=60; Path=/; SameSite=lax; Secure"


def test_under_http_a_cookie_is_kept_from_scripts_and_other_sites_all_the_same() -> None:
    assert given(False) == "programs-graph=value; HttpOnly; Max-Age=60; Path=/; SameSite=lax"


@pytest.mark.parametrize(("secure", "name"), [(True, "__Host-programs-graph"), (False, "programs-graph")])
def test_a_cookie_is_read_under_the_name_it_was_given(secure: bool, name: str) -> None:
    cookies = Cookies(secure=secure)
    assert cookies.read({"cookie": f"other=1; {name}=abc; more=2"}, Cookie.SIGN_IN) == "abc"
    other = "programs-graph" if secure else "__Host-programs-graph"
    assert cookies.read({"cookie": f"{other}=abc"}, Cookie.SIGN_IN) is None


@pytest.mark.parametrize(
    "header",
    [
        "",
        ";;;=;",
        "programs-graph",
        "programs-graph=",
        "programs-graph=" + "a" * 3_001,
        "programs-graph=abc; x=" + "a" * 17_000,
        "programs-graph-screen=abc",
    ],
)
def test_a_strange_header_holds_no_cookie(header: str) -> None:
    assert Cookies(secure=False).read({"cookie": header}, Cookie.SIGN_IN) is None


def test_a_cookie_is_taken_back_as_it_was_given() -> None:
    response = Response()
    Cookies(secure=True).take(response, Cookie.SCREEN)
    header = response.headers["set-cookie"]
    assert header.startswith('__Host-programs-graph-screen=""; ')
    assert "Max-Age=0; Path=/; SameSite=lax; Secure" in header
