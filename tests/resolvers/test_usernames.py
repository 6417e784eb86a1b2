# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from graph.errors import ErrorCode
from graph.resolvers.usernames import fault, pasted


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("  amara_quill ", "Amara quill"),
        ("User:amara", "Amara"),
        ("user: amara", "Amara"),
        ("USER:Amara", "Amara"),
        ("Benutzerin:amara", "Amara"),
        ("Участник:иван", "Иван"),
        ("مستخدم:ليلى", "ليلى"),
        ("用户:小明", "小明"),
        ("\u200eUser:Amara\u200f", "Amara"),
        ("ßeta", "ßeta"),
        ("[[User:amara|Amara Q.]]", "Amara"),
        (" [[:Benutzer:Amara_quill]] ", "Amara quill"),
        ("用户：小明", "小明"),
        ("\ufeffAmara\u200b", "Amara"),
        ("\u2068ليلى\u2069", "ليلى"),
        ("Jose\u0301", "José"),
        ("amara\u3000 \u00a0quill", "Amara quill"),
        ("User:User:Amara", "User:Amara"),
        ("[[Amara", "[[Amara"),
        ("Project:Amara", "Project:Amara"),
        ("User:", ""),
        (" _ ", ""),
    ],
)
def test_a_pasted_line_becomes_the_name_the_wikis_write(text: str, name: str) -> None:
    assert pasted(text) == name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("192.0.2.7", ErrorCode.INVALID),
        ("192.0.2.xxx", ErrorCode.INVALID),
        ("192.0.2.0/24", ErrorCode.INVALID),
        ("2001:DB8::1", ErrorCode.INVALID),
        ("~2025-12345-6", ErrorCode.INVALID),
        ("~2026-1", ErrorCode.INVALID),
        ("~2", ErrorCode.INVALID),
        ("~20261-7", ErrorCode.INVALID),
        ("A|b", ErrorCode.INVALID),
        ("A\nb", ErrorCode.INVALID),
        ("A\ud800", ErrorCode.INVALID),
        ("Project:Amara", ErrorCode.INVALID),
        ("ж" * 118, ErrorCode.TOO_LONG),
    ],
)
def test_what_can_be_nobodys_account_is_refused(name: str, code: ErrorCode) -> None:
    found = fault(name, "usernames", "3")
    assert found is not None
    assert (found.code, found.field) == (code, ("usernames", "3"))


@pytest.mark.parametrize("name", ["Amara", "ليلى", "小明", "O'Brien & Søn", "ж" * 117, "1.2.3", "~Tilde"])
def test_any_script_is_a_name(name: str) -> None:
    assert fault(name) is None
