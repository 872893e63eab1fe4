"""Links to pages: a sealed ticket only where WeChat cannot say who opens one, for two hours and for nothing else."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.services import page_links
from bot.settings import Settings
from bot.storage.crypto import Cipher
from tests.fixtures.world import NOW

ROOT = "https://qs.example.gov.cn"


def settings(**more: object) -> Settings:
    return Settings.model_validate({"web": {"public_url": f"{ROOT}/"}, **more})


def test_a_link_holds_a_ticket_only_where_it_must(cipher: Cipher) -> None:
    assert page_links.own(settings(), cipher, "o-1", "/a/A12?shift=3", NOW) == f"{ROOT}/a/A12?shift=3"
    for account in ("verified_subscription", "unverified"):
        link = page_links.own(settings(wechat={"account": account}), cipher, "o-1", "/a/A12?shift=3", NOW)
        asked = parse_qs(urlsplit(link).query)
        assert link.startswith(f"{ROOT}/enter?") and asked["to"] == ["/a/A12?shift=3"] and "o-1" not in link
        assert page_links.holder(cipher, asked["t"][0], NOW) == "o-1"


def test_a_ticket_is_ours_in_time_and_for_this(cipher: Cipher) -> None:
    ticket = page_links.ticket(cipher, "o-1", NOW)
    assert page_links.holder(cipher, ticket, NOW + timedelta(minutes=119)) == "o-1"
    assert page_links.holder(cipher, ticket, NOW + timedelta(minutes=121)) == ""
    assert page_links.holder(Cipher(Cipher.generate_key()), ticket, NOW) == ""
    other = page_links.seal(cipher, "visit", "o-1", until=NOW + timedelta(hours=1))
    for wrong in (ticket[:-1], ticket[1:], other, "", "%", "青", "A" * 4000):
        assert page_links.holder(cipher, wrong, NOW) == "", wrong


@pytest.mark.parametrize(
    ("web", "clock", "reachable"),
    [("http://127.0.0.1:8000", "", False), ("http://localhost", "", False), (ROOT, "", True),
     ("http://127.0.0.1:8000", "http://127.0.0.1:8001", True)],
)  # fmt: skip
def test_no_link_before_somebody_wrote_down_where_we_are(web: str, clock: str, reachable: bool) -> None:
    chosen = Settings.model_validate({"web": {"public_url": web}, "clock_url": clock})
    assert page_links.reachable(chosen) is reachable
