"""Every page and button of the console as every role: allowed where the table says so, refused elsewhere."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask

from bot import row_ids
from bot.services.roles import MAY, ROLES
from tests.console.conftest import Office

OPEN = {"login", "log_in", "scan_login", "scan_waiting", "scan_expired", "logout", "choose_language", "static"}
"""Endpoints that ask for no role: the way in and out."""


def console_of(office: Office) -> Flask:
    return office.app.wsgi_app.mounts["/console"]  # type: ignore[attr-defined, no-any-return]


def address(rule: Any) -> str:
    """The rule with something in place of its parts: 1 is a number and a text."""
    filled = rule.rule
    for name in rule.arguments:
        for converter in ("", "int:", "path:", "string:"):
            filled = filled.replace(f"<{converter}{name}>", "1")
    return str(filled)


def test_every_page_names_an_action_and_holds_to_it(office: Office) -> None:
    app = console_of(office)
    actions: dict[str, str] = app.jinja_env.globals["actions"]  # type: ignore[assignment]
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint not in OPEN]
    assert {rule.endpoint for rule in rules} == set(actions), "each page was hung up through the desk"
    for role in ROLES:
        visitor = office.as_(role)
        token = visitor.token()
        for rule in rules:
            method = "POST" if "POST" in (rule.methods or set()) else "GET"
            fields = {"csrf_token": token} if method == "POST" else None
            answer = visitor.client.open(f"/console{address(rule)}", method=method, data=fields)
            allowed = role in MAY[actions[rule.endpoint]]
            assert (answer.status_code != 403) == allowed, (role, rule.rule, answer.status_code)
            assert answer.status_code < 500, (role, rule.rule, answer.text)


def test_strangers_get_nothing(office: Office) -> None:
    stranger = office.visitor()
    rules = [rule for rule in console_of(office).url_map.iter_rules() if rule.endpoint not in OPEN]
    assert rules
    for rule in rules:
        method = "POST" if "POST" in (rule.methods or set()) else "GET"
        fields = {"csrf_token": stranger.token()} if method == "POST" else None
        answer = stranger.client.open(f"/console{address(rule)}", method=method, data=fields)
        assert answer.status_code == 303 and "/console/login" in answer.headers["Location"], rule.rule


def test_numbers_that_no_row_can_have_are_pages_that_do_not_exist(office: Office) -> None:
    """2**31 is too large for PostgreSQL's integer, 10**20 for SQLite's driver."""
    admin, token = office.as_("admin"), office.as_("admin").token()
    rules = [rule for rule in console_of(office).url_map.iter_rules() if "<int:" in rule.rule]
    assert len(rules) > 50
    for rule in rules:
        method = "POST" if "POST" in (rule.methods or set()) else "GET"
        fields = {"csrf_token": token} if method == "POST" else None
        for number in (2**31, 10**20):
            path = re.sub(r"<int:\w+>", str(number), rule.rule)
            path = re.sub(r"<[^>]+>", "1", path)
            answer = admin.client.open(f"/console{path}", method=method, data=fields)
            assert answer.status_code == 404, (rule.rule, number, answer.status_code)


def test_numbers_that_no_row_can_have_are_none_in_forms_and_filters(office: Office) -> None:
    assert [row_ids.typed(text) for text in ("7", "9" * 9, str(2**31), "9" * 5000, "-1", "７", "", "x")] == [
        7, 999_999_999, None, None, None, None, None, None,
    ]  # fmt: skip
    assert office.as_("admin").get(f"/activities?team={10**20}").status_code == 200
    assert office.as_("admin").get(f"/health/audit?before={10**20}").status_code == 200
