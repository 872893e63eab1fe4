"""Every page and button of the console as every role: allowed where the table says so, refused elsewhere."""

from __future__ import annotations

from typing import Any

from flask import Flask

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
