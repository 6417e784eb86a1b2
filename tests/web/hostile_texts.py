# SPDX-License-Identifier: GPL-3.0-or-later
"""Titles that people with bad intentions would choose, and some of good people who write from the right."""

from __future__ import annotations

from typing import Final

HOSTILE: Final = (
    "<img src=x onerror=\"alert('x')\">",
    '"><svg/onload=alert(1)>',
    "javascript:alert(1)",
    "{{7*7}} {% raw %} ${7*7} #{7*7}",
    "</script><script>alert('x')</script>",
    "]]></title></desc></svg><script>alert(1)</script>",
    "<!--&lt;b&gt;&amp;--><?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "\u202eexe.fdp\u202c \u2066\u2067\u2068 turned",
    "zero\u200bwidth\u200c\u200d\ufeff\u2060 letters",
    "lines\u2028and\u2029paragraphs\u0085\x0b\x0c\r\n\t",
    "\x00\x01\x1b[31m bell\x07\x7f\x9f",
    "z" + "\u0351\u0327" * 60 + "algo",
    "W" * 200,
    "ab " * 66,
    "👩‍👩‍👧‍👦🏳️‍🌈" * 12,
    "__proto__ constructor",
    "ليلة في المتحف <b>(2026)</b>",
    "\ud7ff\ue000\ufdd0\ufffe\uffff \U0001fffe\U0010ffff",
    "]] '''bold''' [https://evil.example x] {{Delete}} ~~~~ </nowiki><nowiki> | ! <ref>",
    "![x](javascript:alert(1)) [a](https://evil.example)`",
)
