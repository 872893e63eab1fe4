"""Hours at the console: settled, entered by one and approved by another, disputed, stars and seals, certificates."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from bot.services import certificates, disputes, hours
from bot.services.rules import USUAL
from bot.services.snapshots import Scope
from bot.storage.database import writing
from bot.storage.models import Appeal, Certificate, ManualEntry, Registration, Shift
from tests.console.conftest import Office
from tests.fixtures.ledger import entry
from tests.fixtures.world import NOW, World

HONOUR = {"kind": "honour", "approved_by": "staff:2"}
MANUAL = {"q": "王晓雨", "person": "1", "starts": "2026-03-02T13:00", "ends": "2026-03-02T15:30", "hours": "2.5"}


@pytest.fixture
def town(office: Office) -> Office:
    """王晓雨 was expected at a shift of yesterday's; nobody has said yet whether they came."""

    def fill(db, world: World) -> None:  # type: ignore[no-untyped-def]
        person = world.person("王晓雨")
        shift = world.shift(starts_at=NOW - timedelta(hours=20), lasts=2.5)
        world.sign_up(shift, person, now=NOW - timedelta(hours=20, minutes=30))

    office.change(fill)
    return office


def manual(office: Office, role: str = "editor", **change: str) -> str:
    data = {**MANUAL, "reason": "设备坏了没签上，负责人在场", **change, "evidence": (BytesIO(b"photo"), "名单.jpg")}
    return office.as_(role).post("/hours/new", data, content_type="multipart/form-data").text


def test_settling(town: Office) -> None:
    page = town.as_("reviewer").get("/hours").text
    assert "江滨公园清洁" in page and "2026年3月16日" in page, "ten working days"
    assert "已记0人的时长。还有1人没有签退或没有到" in town.as_("reviewer").post("/hours/settle/1").text
    assert town.read(lambda db: db.get_one(Shift, 1).settled_at) is None
    assert town.as_("auditor").post("/hours/settle/1").status_code == 403


def test_two_people_for_hours_by_hand(town: Office) -> None:
    assert "要由另一位同事来批" in manual(town, "reviewer")
    id = town.read(lambda db: db.scalars(select(ManualEntry.id)).one())
    assert "设备坏了" in town.as_("reviewer").get("/hours?tab=manual").text
    own = town.as_("reviewer").post(f"/hours/manual/{id}", {"approve": "yes"}).text
    assert "不能自己批" in own and town.read(lambda db: hours.total(db, 1).total) == 0
    assert "时长已记" in town.as_("admin").post(f"/hours/manual/{id}", {"approve": "yes", "reason": "核对过"}).text
    assert town.read(lambda db: hours.total(db, 1).honour) == 150


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"hours": "很多"}, "填好起止时间和时长"),
        ({"hours": "inf"}, "填好起止时间和时长"),
        ({"hours": "3"}, "不超过起止时间"),
        ({"ends": "2026-03-09T15:30"}, "结束时间不能在以后"),
        ({"reason": " "}, "请写明为什么补记"),
        ({"person": "99"}, "没有找到这条记录"),
    ],
)
def test_what_is_wrong_is_said_and_kept(town: Office, change: dict[str, str], told: str) -> None:
    page = manual(town, **change)
    assert told in page and "2026-03-02T13:00" in page
    assert town.read(lambda db: db.scalars(select(ManualEntry)).all()) == []


def test_a_dispute_is_decided_with_the_right_hours(town: Office) -> None:
    def ask(db, world: World) -> int:  # type: ignore[no-untyped-def]
        writing(db)
        db.get_one(Registration, 1).state = "completed"
        shift = db.get_one(Shift, 1)
        recorded = entry(db, 1, 120, date(2026, 3, 2), shift=shift, registration_id=1, **HONOUR)
        return disputes.ask(db, 1, recorded.id, "我做了两个半小时", NOW).id

    id = town.change(ask)
    reviewer = town.as_("reviewer")
    page = reviewer.get("/hours?tab=appeals").text
    assert "我做了两个半小时" in page and "现在记的是 2.0 小时" in page
    assert "应该是几小时" in reviewer.post(f"/hours/appeals/{id}", {"kind": "hours", "approve": "yes"}).text
    right = {"kind": "hours", "approve": "yes", "hours": "2.5", "reason": "核对过签到表"}
    said = reviewer.post(f"/hours/appeals/{id}", right).text
    assert "已同意" in said, said[said.index("alert") :][:400]
    assert town.read(lambda db: hours.total(db, 1).total) == 150
    assert town.read(lambda db: db.get_one(Appeal, id).state) == "upheld"


def test_certificates_are_found_sealed_and_revoked(town: Office) -> None:
    manual(town)
    town.as_("admin").post("/hours/manual/1", {"approve": "yes", "reason": "核对过"})

    def issue(db, world: World) -> str:  # type: ignore[no-untyped-def]
        made = certificates.issue(db, world.cipher, 1, Scope(), NOW, issuer="青山团县委", rules=USUAL)
        certificates.ask_seal(db, made.id, 1, NOW)
        return made.number

    number = town.change(issue)
    reviewer = town.as_("reviewer")
    assert number in reviewer.get("/hours?tab=seals").text
    assert "本人会收到来取的通知" in reviewer.post(f"/hours/seals/{number}").text
    assert "王晓雨" in reviewer.get(f"/hours/certificates?q={number.lower()}").text
    assert "没有这个编号" in reviewer.get("/hours/certificates?q=ZM-2026-999999").text
    assert "请写明为什么作废" in reviewer.post(f"/hours/certificates/{number}/revoke").text
    assert "已作废" in reviewer.post(f"/hours/certificates/{number}/revoke", {"reason": "期间开错了"}).text
    assert town.read(lambda db: db.scalars(select(Certificate.revoked_reason)).one()) == "期间开错了"


@pytest.mark.parametrize("tab", ["settle", "manual", "appeals", "odd", "stars", "seals"])
def test_empty_tabs_say_what_belongs_there(office: Office, tab: str) -> None:
    assert "empty-title" in office.as_("auditor").get(f"/hours?tab={tab}").text


def test_there_is_no_other_tab(office: Office) -> None:
    assert office.as_("auditor").get("/hours?tab=gold").status_code == 404
