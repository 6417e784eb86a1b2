# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from graph.web.same_origin import OwnPages, own_path

OWN = OwnPages("https://programs.example.org")


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://programs.example.org", "https://programs.example.org"),
        ("https://programs.example.org:443/base", "https://programs.example.org"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://Programs.Example.org:8443", "https://programs.example.org:8443"),
    ],
)
def test_our_origin_is_written_as_browsers_write_it(address: str, origin: str) -> None:
    assert OwnPages(address).origin == origin


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://programs.example.org"},
        {"origin": "https://programs.example.org", "sec-fetch-site": "same-origin"},
    ],
)
def test_our_own_page_is_believed(headers: dict[str, str]) -> None:
    assert OWN.sent(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-origin"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "https://evil.example"},
        {"origin": "https://programs.example.org.evil.example"},
        {"origin": "https://evil.programs.example.org"},
        {"origin": "http://programs.example.org"},
        {"origin": "https://programs.example.org:8443"},
        {"origin": "https://programs.example.org:443"},
        {"origin": "https://PROGRAMS.example.org"},
        {"origin": "https://programs.example.org/"},
        {"origin": "https://programs.example.org, https://evil.example"},
        {"origin": "https://programs.example.org", "sec-fetch-site": "cross-site"},
        {"origin": "https://programs.example.org", "sec-fetch-site": "same-site"},
        {"origin": "https://programs.example.org", "sec-fetch-site": "none"},
        {"origin": "https://programs.example.org", "sec-fetch-site": ""},
        {"referer": "https://programs.example.org/"},
    ],
)
def test_every_other_page_is_not(headers: dict[str, str]) -> None:
    assert not OWN.sent(headers)


@pytest.mark.parametrize(
    ("headers", "believed"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "https://programs.example.org"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "https://evil.example"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "https://programs.example.org"}, False),
        ({}, False),
    ],
)
def test_a_get_is_ours_where_the_browser_says_so(headers: dict[str, str], believed: bool) -> None:
    assert OWN.fetched(headers) is believed


@pytest.mark.parametrize(
    "path",
    ["/", "/live/program/spring?names=full", "/join/aB3-_x", "/graphql#here", "/%E4%B9%A6", "/a//b", "/@x", "/a:b"],
)
def test_a_path_of_ours_is_a_way_back(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "live",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/ /evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "/x\r\nSet-Cookie: a=b",
        "/x\x00",
        "/书",
        "/\u2028",
        '/"><script>',
        "/" + "a" * 2_000,
    ],
)
def test_whatever_could_lead_elsewhere_is_not(path: str | None) -> None:
    assert own_path(path) is None
