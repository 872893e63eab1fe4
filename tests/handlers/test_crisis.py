"""The fixed reply: first line the number that fits, from the settings; said even when nothing else works."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from bot.app import create_dispatcher
from bot.conversation.session import Sessions
from bot.language.crisis import Need
from bot.parts import build
from bot.settings import ROOT, Hotlines, Organisation, Security, Settings, Understanding
from bot.storage.crypto import Cipher
from bot.storage.errors import Unavailable
from bot.wechat.limits import MAX_TEXT_BYTES, size
from bot.wechat.messages import Location, Text, Voice
from bot.wechat.replies import Text as Say
from handlers.crisis import ALONE, NOTIFIED, numbers, whatever_happens

NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)
LINES = Hotlines(police="P1", medical="M1", fire="F1", mental_health="H1")
OTHERS = Settings(hotlines=LINES, organisation=Organisation(hotline="Y1"))
WHO: dict[str, Any] = {"account": "gh", "openid": "o", "created_at": NOW, "msg_id": "1"}
FIRST = {"mind": "M1 或 P1", "medical": "M1", "fire": "F1", "violence": "P1"}


@pytest.mark.parametrize("need", get_args(Need))
def test_the_first_line_is_the_number_that_fits(need: Need) -> None:
    said = numbers(need, OTHERS)
    first = said.split("\n")[0]
    assert FIRST[need] in first
    assert min(first.index(line) for line in ("P1", "M1", "F1") if line in first) == first.index(FIRST[need])
    assert not any(word in f"{said}\n{NOTIFIED}\n{ALONE}" for word in ("回复", "菜单", "110", "12355"))
    assert size(f"{said}\n{NOTIFIED}") <= MAX_TEXT_BYTES


def test_company_is_offered_where_it_helps() -> None:
    for need in ("mind", "medical", "violence"):
        assert "Y1" in numbers(need, OTHERS) and "H1" in numbers(need, OTHERS)


def test_when_nothing_works_the_numbers_are_still_said() -> None:
    assert whatever_happens(Text(content="我不想活了", **WHO), OTHERS) == f"{numbers('mind', OTHERS)}\n{ALONE}"
    spoken = whatever_happens(Voice(media_id="m", recognition="宿舍着火了", **WHO), OTHERS)
    assert spoken is not None and spoken.startswith("请马上打 F1")
    for message in (Text(content="周末有什么活动", **WHO), Location(latitude=1, longitude=2, **WHO)):
        assert whatever_happens(message, OTHERS) is None


def test_a_database_that_is_gone_costs_the_alert_not_the_answer(tmp_path: Any, monkeypatch: Any) -> None:
    parts = build(
        Settings(
            data_dir=tmp_path,
            faq_dir=ROOT / "faq",
            security=Security(key=Cipher.generate_key()),
            understanding=Understanding(encoder=False),
        )
    )

    def gone() -> None:
        raise Unavailable("the disk is full", again=False)

    dispatcher = create_dispatcher(parts, Sessions(parts.database, parts.cipher, 30))
    monkeypatch.setattr(parts.database, "session", gone)
    reply = dispatcher.dispatch(Text(content="我割腕了", **WHO), "k1", NOW, None).reply
    assert isinstance(reply, Say) and "120" in reply.content and "已经通知" not in reply.content
    ordinary = dispatcher.dispatch(Text(content="你好", **WHO), "k2", NOW, None).reply
    assert isinstance(ordinary, Say) and "120" not in ordinary.content
