"""Nobody becomes or comes in as an administrator by one other administrator's will alone."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.push.notices import NOTICES
from bot.services import staff_pairs, staffing
from bot.services.refusals import staff as r
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import AuditEntry, Follower, Push, Staff
from tests.fixtures.world import NOW


@pytest.fixture
def office(db: Session) -> dict[str, Staff]:
    writing(db)
    names = {"chen": "admin", "li": "admin", "wang": "admin", "xiaoyu": "editor"}
    rows = {name: Staff(username=name, role=role, password_hash="", created_at=NOW) for name, role in names.items()}
    db.add_all(rows.values())
    db.flush()
    return rows


def test_one_asks_and_another_agrees(db: Session, office: dict[str, Staff]) -> None:
    chen, li, xiaoyu = office["chen"].id, office["li"].id, office["xiaoyu"].id
    with pytest.raises(r.TwoAdminsNeeded):
        staffing.change_role(db, xiaoyu, "admin", chen)
    with pytest.raises(r.TwoAdminsNeeded):
        staffing.add(db, "new", "", "admin", "green-voice-2026", NOW, chen)
    staff_pairs.ask(db, xiaoyu, "role", chen, NOW)
    assert office["xiaoyu"].role == "editor"
    assert [len(staff_pairs.pending(db, by, NOW)) for by in (chen, li, xiaoyu)] == [0, 1, 0]
    for by in (chen, xiaoyu):
        with pytest.raises(r.SameAdmin):
            staff_pairs.agree(db, xiaoyu, "role", by, NOW)
    with pytest.raises(r.NotWanted):
        staff_pairs.agree(db, xiaoyu, "password", li, NOW)
    staff_pairs.agree(db, xiaoyu, "role", li, NOW)
    assert office["xiaoyu"].role == "admin" and staff_pairs.pending(db, li, NOW) == []
    with pytest.raises(r.NotWanted):
        staff_pairs.agree(db, xiaoyu, "role", li, NOW)
    wished = select(AuditEntry).where(AuditEntry.subject == f"staff:{xiaoyu}")
    assert [entry.after.get("wanted") for entry in db.scalars(wished) if "wanted" in entry.after][-2:] == ["role", ""]


def test_whatever_lets_in_as_an_administrator_needs_two(db: Session, office: dict[str, Staff], cipher: Cipher) -> None:
    chen, li, wang = office["chen"].id, office["li"].id, office["wang"].id
    office["wang"].totp_encrypted, office["wang"].disabled_at = cipher.encrypt("S"), NOW
    for act in (
        lambda: staffing.reset_password(db, wang, chen),
        lambda: staffing.reset_second_factor(db, wang, chen),
        lambda: staffing.enable(db, wang, chen),
    ):
        with pytest.raises(r.TwoAdminsNeeded):
            act()
    with pytest.raises(r.AdminBindsAlone):
        staffing.issue_code(db, cipher, li, NOW, chen)
    assert staffing.issue_code(db, cipher, li, NOW, li)

    def together(deed: staff_pairs.Deed) -> str:
        staff_pairs.ask(db, wang, deed, chen, NOW)
        return staff_pairs.agree(db, wang, deed, li, NOW)

    assert len(together("password")) > 12
    together("factor")
    together("enable")
    assert office["wang"].totp_encrypted is None and office["wang"].disabled_at is None
    assert staffing.reset_password(db, office["xiaoyu"].id, chen), "of others one is enough"


def test_who_may_agree_and_whose_account_it_is_hear_of_it(
    db: Session, office: dict[str, Staff], cipher: Cipher
) -> None:
    for name in ("chen", "li", "xiaoyu"):
        db.add(Follower(openid=f"o-{name}", followed_at=NOW))
        office[name].openid, office[name].name = f"o-{name}", f"{name}老师"
    xiaoyu = office["xiaoyu"].id
    staff_pairs.ask(db, xiaoyu, "role", office["chen"].id, NOW)
    owed = {push.openid: push.payload for push in db.scalars(select(Push).where(Push.key.startswith("staff.wished:")))}

    def words(openid: str) -> str | None:
        return NOTICES["staff.wished"](db, cipher, owed[openid], NOW, ZoneInfo("Asia/Shanghai"))

    assert owed.keys() == {"o-li", "o-xiaoyu"}, "not who asked, nor wang, who has no WeChat"
    assert "chen老师 提出：设为管理员（xiaoyu老师）" in (words("o-li") or "")
    assert "【您的工作台帐号】chen老师 提出：设为管理员" in (words("o-xiaoyu") or "")
    staff_pairs.drop(db, xiaoyu)
    assert words("o-li") is None


def test_a_wish_ends(db: Session, office: dict[str, Staff]) -> None:
    chen, li, xiaoyu = office["chen"].id, office["li"].id, office["xiaoyu"].id
    staff_pairs.ask(db, xiaoyu, "role", chen, NOW)
    with pytest.raises(r.NotWanted):
        staff_pairs.agree(db, xiaoyu, "role", li, NOW + staff_pairs.LASTS)
    staff_pairs.drop(db, xiaoyu)
    with pytest.raises(r.NotWanted):
        staff_pairs.agree(db, xiaoyu, "role", li, NOW)
    staff_pairs.ask(db, xiaoyu, "role", chen, NOW)
    staffing.disable(db, chen, NOW + timedelta(hours=1), li)
    with pytest.raises(r.NotWanted):
        staff_pairs.agree(db, xiaoyu, "role", li, NOW + timedelta(hours=2))


def test_without_a_second_it_is_the_operators(db: Session, office: dict[str, Staff]) -> None:
    chen, li, wang = office["chen"], office["li"], office["wang"]
    with pytest.raises(r.OwnAccount):
        staff_pairs.ask(db, chen.id, "password", chen.id, NOW)
    staffing.disable(db, wang.id, NOW, None)
    with pytest.raises(r.NoSecondAdmin):
        staff_pairs.ask(db, li.id, "password", chen.id, NOW)
    staffing.disable(db, li.id, NOW, None)
    with pytest.raises(r.NoSecondAdmin):
        staff_pairs.ask(db, office["xiaoyu"].id, "role", chen.id, NOW)
    staffing.change_role(db, office["xiaoyu"].id, "admin", None)
