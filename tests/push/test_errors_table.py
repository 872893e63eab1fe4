"""Every code that WeChat may answer with, over HTTP: what becomes of the row, the way, the follower, those on duty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.push.closures import EVERYTHING, Closures
from bot.push.outbox import Claimed, Settlement
from bot.push.sender import Sender
from bot.settings import PushTemplate
from bot.wechat.errors import TABLE
from tests.push.account import TEMPLATES, settings_for
from tests.push.stage import Stage
from tests.push.test_reminders import friday, saturday

PATHS = {"template": "/cgi-bin/message/template/send", "custom": "/cgi-bin/message/custom/send"}
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NIGHT = saturday(0) - friday(13)


@dataclass(frozen=True)
class Fate:
    """``row``: its state, ``again``: after how long it is tried again; ``shut``: what, for how long; ``effect``: what
    was learned of the follower; ``duty``: whether those on duty hear of it. A try that is not ``counted`` is free."""

    row: str
    again: timedelta | None = None
    counted: bool = True
    shut: tuple[str, timedelta] | None = None
    effect: str = ""
    duty: bool = False


LATER = Fate("due", timedelta(seconds=10))
SENT = Fate("sent")
NEXT_MINUTE = Fate("due", MINUTE, counted=False, shut=("way", MINUTE))
MIDNIGHT = Fate("due", NIGHT, counted=False, shut=("way", NIGHT), duty=True)
ACCOUNT = Fate("due", MINUTE, counted=False, shut=(EVERYTHING, MINUTE), duty=True)
CHANNEL = Fate("unreached", shut=("way", HOUR), duty=True)
TEMPLATE = Fate("unreached", shut=("template id", HOUR), duty=True)
REFUSED_US = Fate("unreached", duty=True)
FATES: dict[Fate, tuple[int | range, ...]] = {
    LATER: (-1, 43108),
    SENT: (45065, 45080, 45081),
    NEXT_MINUTE: (45011, 45066),
    MIDNIGHT: (45009, 45028),
    Fate("unreached", effect="NoConsent"): (43101,),
    Fate("unreached", effect="WindowsShut"): (45015, 45047),
    Fate("unreached", effect="Unfollowed"): (43004, 50005),
    Fate("failed", effect="Unfollowed"): (40003, 46004),
    Fate("unreached"): (43019, 45036, 48002, 50001, 50002),
    ACCOUNT: (
        40001, 40014, 42001, 40013, 40125, 40243, 40002, 40164, 61004, 45035, range(89501, 89508), 50004, 42007, 61023,
        41002, 41004,
    ),
    TEMPLATE: (40036, 40037, 43116),
    CHANNEL: (
        48001, 43104, 43105, 43106, 43107, 40008, 45050, 48008, 45040, 45087, 45093, 45094, 45501, 45102, 45103, 45109,
        48003, 48004, 48006, 65400,
    ),
    REFUSED_US: (
        40007, 40033, 47002, 47001, 41001, 41030, 43001, 43002, 46003, 76003, 40132, range(45002, 45007), 45008,
        range(45012, 45015), 47003, 45067, 45072, 45098, 45099, range(45056, 45060), range(45157, 45160), 45168, 87014,
        range(53500, 53506), range(65301, 65318), range(65401, 65418), range(61451, 61458), range(200011, 200022),
    ),
}  # fmt: skip


def codes(group: tuple[int | range, ...]) -> list[int]:
    return [code for one in group for code in (one if isinstance(one, range) else (one,))]


def test_every_code_stands_in_this_table_once() -> None:
    listed = [code for group in FATES.values() for code in codes(group)]
    assert len(listed) == len(set(listed)) > 150
    assert set(listed) == set(TABLE)


@dataclass
class Try:
    stage: Stage
    claimed: Claimed

    def refused(self, way: str, code: int) -> tuple[Settlement, Closures]:
        stage, closures = self.stage, Closures()
        sender = Sender(
            stage.database, stage.cipher, stage.client, stage.settings, closures, stage.now, lambda _: True, (0.0,)
        )
        stage.wechat.faults(errcode=[{"path": PATHS[way], "code": code}])
        return sender.deliver(self.claimed, lambda: True), closures


@pytest.fixture
def tried(lite: Stage) -> Try:
    openid = lite.follower()
    registration = lite.signs_up(openid, lite.shift(starts_at=saturday(13)))
    lite.at(friday(13))
    lite.writes(openid)
    now, payload = lite.clock, {"registration_id": registration}
    return Try(lite, Claimed(1, "k", openid, "reminder", payload, now, saturday(13), None, now, 1, 0, now, 1))


@pytest.mark.parametrize("way", PATHS)
def test_what_becomes_of_everything(tried: Try, way: str) -> None:
    stage, template = tried.stage, TEMPLATES["reminder"].template
    only_template = {"reminder": PushTemplate(template=template)} if way == "template" else {"reminder": PushTemplate()}
    stage.settings = settings_for(stage.wechat.url, templates=only_template)
    if way == "template":
        stage.change(tried.claimed.openid, last_message_at=None)
    for fate, group in FATES.items():
        for code in codes(group):
            settlement, closures = tried.refused(way, code)
            counted = settlement.counted
            again = settlement.not_before - stage.clock if settlement.not_before else None
            shut = None
            for name, subject in (("way", way), ("template id", template), (EVERYTHING, EVERYTHING)):
                closed = closures.of(subject, stage.clock)
                shut = (name, closed.until - stage.clock) if closed else shut
            (effect,) = [type(one).__name__ for one in settlement.effects] or [""]
            found = Fate(settlement.state, again, counted, shut, effect, bool(closures.untold()))
            assert found == expected(fate, way, code), (code, TABLE[code].name)


def expected(fate: Fate, way: str, code: int) -> Fate:
    """By the window instead of a template: there is no other way left, no template to shut, and a message is used."""
    if way == "template":
        return fate
    if fate is SENT:
        return Fate("sent", effect="WindowUsed")
    if fate is REFUSED_US:
        return Fate("failed", duty=True)
    if fate is TEMPLATE:
        return Fate("unreached", duty=True)
    return fate
