"""A shift at the console: the live list, the door, who asks and who waits, records entered later, its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.services import posters
from bot.services.name_lists import READ
from bot.storage.models import AttendanceEvent, AuditEntry, Consent, LedgerEntry, Outcome, Person, Push, Registration
from tests.console.conftest import Office
from tests.fixtures.world import NOW, hours

STARTS = NOW + hours(1)


def running(office: Office, **more: Any) -> int:
    """A shift of two hours that began half an hour ago, and three people on its list."""

    def make(db: Any, world: Any) -> int:
        shift = world.shift(starts_at=STARTS, code="A12", **{"capacity": 5, **more})
        for name in ("王晓雨", "李小明", "赵一"):
            world.sign_up(shift, world.person(name))
        return int(shift.id)

    shift_id: int = office.change(make)
    office.now = STARTS + hours(0.5)
    return shift_id


def row_of(office: Office, name: str) -> Registration:
    def look(db: Any) -> Registration:
        found: Registration = db.scalars(
            select(Registration).join(Person, Registration.person_id == Person.id).where(Person.name == name)
        ).one()
        return found

    found: Registration = office.read(look)
    return found


def test_the_door(office: Office) -> None:
    shift_id = running(office)
    admin = office.as_("admin")
    page = admin.get(f"/shifts/{shift_id}").text
    assert "王晓雨" in page and "现场加人" in page and "尾号" in page
    row = row_of(office, "王晓雨")
    live = admin.post(f"/registrations/{row.id}/presence/in", headers={"HX-Request": "true"})
    assert live.status_code == 200 and "<html" not in live.text and "在场" in live.text
    assert row_of(office, "王晓雨").state == "checked_in"
    office.now += timedelta(minutes=1)
    again = admin.post(f"/registrations/{row.id}/presence/in", headers={"HX-Request": "true"})
    assert "已经记过了" in again.text
    entered = admin.post(f"/shifts/{shift_id}/enter", {"name": "钱多多", "phone": "139 1234 5678", "agreed": "1"})
    assert "已加上并签到" in entered.text
    assert row_of(office, "钱多多").state == "checked_in" and row_of(office, "钱多多").source == "desk"
    assert "还没有" not in admin.get(f"/shifts/{shift_id}/rows").text
    for wrong, said in (
        ({"name": "孙二", "phone": "139", "agreed": "1"}, "号码"),
        ({"name": "", "phone": "13912345679", "agreed": "1"}, "姓名"),
        ({"name": "孙二", "phone": "13912345679"}, "愿不愿意"),
    ):  # fmt: skip
        assert said in admin.post(f"/shifts/{shift_id}/enter", wrong).text
    admin.post(f"/shifts/{shift_id}/enter", {"name": "孙二", "phone": "13912345679", "agreed": "1"})
    full = admin.post(f"/shifts/{shift_id}/enter", {"name": "周三", "phone": "13912345670", "agreed": "1"})
    assert "名额已经满了" in full.text
    assert office.read(lambda db: db.scalars(select(Person).where(Person.name == "周三")).first()) is None
    assert (
        office.read(lambda db: len(list(db.scalars(select(Consent).where(Consent.text_version == "desk-2026-11")))))
        == 2
    )
    out = admin.post(f"/registrations/{row.id}/presence/out")
    assert "已记录" in out.text and row_of(office, "王晓雨").state == "checked_out"
    entered_by = office.read(lambda db: set(db.scalars(select(AttendanceEvent.entered_by))))
    assert len(entered_by) == 1 and entered_by.pop().startswith("staff:")


def test_whoever_is_on_the_list_is_only_checked_in(office: Office) -> None:
    shift_id = running(office)
    number = office.change(lambda db, world: _phone(office, db))
    answer = office.as_("admin").post(f"/shifts/{shift_id}/enter", {"name": "赵一", "phone": number, "agreed": "1"})
    assert "已加上并签到" in answer.text and row_of(office, "赵一").state == "checked_in"


def _phone(office: Office, db: Any) -> str:
    person = db.scalars(select(Person).where(Person.name == "赵一")).one()
    return office.cipher.decrypt(person.phone_encrypted)


def test_a_sign_up_by_telephone_waits_in_line_like_any_other(office: Office) -> None:
    shift_id = office.change(lambda db, world: _almost_full(world))
    admin = office.as_("admin")
    page = admin.get(f"/shifts/{shift_id}").text
    assert "代报名" in page
    first = admin.post(f"/shifts/{shift_id}/enter", {"name": "钱多多", "phone": "13912345678", "agreed": "1"})
    second = admin.post(f"/shifts/{shift_id}/enter", {"name": "孙二", "phone": "13912345679", "agreed": "1"})
    assert "已报上名" in first.text and "排进了候补" in second.text
    listed = admin.get(f"/shifts/{shift_id}").text
    assert "候补" in listed and "现在没有空位" in listed
    again = admin.post(f"/shifts/{shift_id}/enter", {"name": "孙二", "phone": "13912345679", "agreed": "1"})
    assert "候补" in again.text


def _almost_full(world: Any) -> int:
    shift = world.shift(capacity=2)
    world.sign_up(shift, world.person())
    return int(shift.id)


def test_who_sees_which_names(office: Office) -> None:
    shift_id = running(office)
    admin, editor = office.as_("admin"), office.as_("editor")
    masked = editor.get(f"/shifts/{shift_id}").text
    assert "王*雨" in masked and "王晓雨" not in masked and "尾号" not in masked and "签到码</a>" not in masked
    for _ in range(3):
        admin.get(f"/shifts/{shift_id}/rows")
    notes = office.read(lambda db: list(db.scalars(select(AuditEntry.actor).where(AuditEntry.reason == READ))))
    assert len(notes) == 1 and notes[0].startswith("staff:"), "one reading, however often the page refreshes"
    office.now += timedelta(minutes=31)
    admin.get(f"/shifts/{shift_id}/rows")
    assert office.read(lambda db: len(list(db.scalars(select(AuditEntry.id).where(AuditEntry.reason == READ))))) == 2
    row = row_of(office, "王晓雨")
    assert editor.post(f"/registrations/{row.id}/phone").status_code == 403
    shown = admin.post(f"/registrations/{row.id}/phone").text
    assert "tel:138" in shown
    read = office.read(
        lambda db: list(db.scalars(select(AuditEntry.subject).where(AuditEntry.reason.contains("phone number"))))
    )
    assert read == [f"registrations:{row.id}"]
    office.now += timedelta(days=40)
    late = office.as_("reviewer")
    late.post("/login", {"username": "admin", "password": "green-voice-2026"})
    assert "王晓雨" not in late.get(f"/shifts/{shift_id}").text, "after the hours are due nobody needs full names"


def test_sign_ups_that_wait_for_a_yes(office: Office) -> None:
    def make(db: Any, world: Any) -> int:
        shift = world.shift(approval=True)
        for name in ("王晓雨", "李小明"):
            world.sign_up(shift, world.person(name))
        return int(shift.id)

    shift_id = office.change(make)
    admin = office.as_("admin")
    assert "等您审核的报名" in admin.get(f"/shifts/{shift_id}").text
    yes, no = row_of(office, "王晓雨").id, row_of(office, "李小明").id
    assert "写一句原因" in admin.post(f"/registrations/{no}/decide", {"answer": "no"}).text
    assert "已同意" in admin.post(f"/registrations/{yes}/decide", {"answer": "yes"}).text
    assert "已婉拒" in admin.post(f"/registrations/{no}/decide", {"answer": "no", "reason": "名额已定"}).text
    assert "已经处理过了" in admin.post(f"/registrations/{no}/decide", {"answer": "yes"}).text
    assert row_of(office, "王晓雨").state == "confirmed" and row_of(office, "李小明").state == "rejected"
    assert "名额已定" in admin.get(f"/shifts/{shift_id}").text
    assert office.as_("editor").post(f"/registrations/{no}/decide", {"answer": "yes"}).status_code == 403


def test_a_record_entered_later_counts_after_another_persons_word(office: Office) -> None:
    shift_id = running(office)
    office.now = STARTS + hours(3)
    admin, reviewer = office.as_("admin"), office.as_("reviewer")
    form = {"registration": str(row_of(office, "王晓雨").id), "came": "11:02", "left": "12:50"}
    assert "请选一个人" in admin.post(f"/shifts/{shift_id}/late", {**form, "came": "soon"}).text
    assert "请选一个人" in admin.post(f"/shifts/{shift_id}/late", {**form, "registration": "999"}).text
    assert "另一位老师同意" in admin.post(f"/shifts/{shift_id}/late", form).text
    event = office.read(lambda db: db.scalars(select(AttendanceEvent.id).where(AttendanceEvent.kind == "in")).one())
    assert "等同事来定" in admin.get(f"/shifts/{shift_id}").text
    assert "由另一位" in admin.post(f"/late/{event}/decide", {"answer": "yes"}).text
    assert "等核对的补录" in reviewer.get("/").text
    assert "写一句原因" in reviewer.post(f"/late/{event}/decide", {"answer": "no"}).text
    assert "补录已同意" in reviewer.post(f"/late/{event}/decide", {"answer": "yes"}).text
    assert row_of(office, "王晓雨").state == "checked_out"


def test_a_word_to_all_the_end_and_what_came_of_it(office: Office) -> None:
    shift_id = running(office)
    admin = office.as_("admin")
    assert "正在通知 3 个人" in admin.post(f"/shifts/{shift_id}/tell", {"words": "请带水"}).text
    assert office.read(lambda db: len(list(db.scalars(select(Push.id).where(Push.key.contains("teams.word")))))) == 3
    assert "电话" in admin.post(f"/shifts/{shift_id}/tell", {"words": "打13812345678"}).text
    assert "请写要通知的内容" in admin.post(f"/shifts/{shift_id}/tell", {"words": " "}).text
    row = row_of(office, "王晓雨")
    admin.post(f"/registrations/{row.id}/presence/in")
    office.now += hours(1)
    admin.post(f"/registrations/{row.id}/presence/out")
    assert "已按" in admin.post(f"/shifts/{shift_id}/end", {"at": "12:30"}).text
    assert "请填写结束的时间" in admin.post(f"/shifts/{shift_id}/end", {"at": ""}).text
    office.now += hours(1)
    settled = admin.post(f"/shifts/{shift_id}/settle").text
    assert "1人已入账" in settled and "还有2人" in settled
    assert office.read(lambda db: db.scalars(select(LedgerEntry.minutes)).one()) > 0
    assert "已记下" in admin.post(f"/shifts/{shift_id}/outcome", {"text": "120公斤垃圾"}).text
    assert "没看懂数量" in admin.post(f"/shifts/{shift_id}/outcome", {"text": "很多"}).text
    assert office.read(lambda db: db.scalars(select(Outcome.unit)).one()) == "公斤"
    assert "120公斤垃圾" in admin.get(f"/shifts/{shift_id}").text


def test_the_code_to_show(office: Office) -> None:
    shift_id = running(office)
    admin = office.as_("admin")
    page = admin.get(f"/shifts/{shift_id}/code").text
    assert "签到码" in page and "签退码" in page and "秒后换新" in page
    part = admin.get(f"/shifts/{shift_id}/code", headers={"HX-Request": "true"}).text
    assert "<html" not in part and "3人没到" in part
    assert office.as_("editor").get(f"/shifts/{shift_id}/code").status_code == 403


def test_the_sheet_at_the_entrance(office: Office) -> None:
    shift_id = running(office)
    admin = office.as_("admin")
    assert "生成二维码" in admin.get(f"/shifts/{shift_id}/poster").text
    assert "几秒钟就好" in admin.post(f"/shifts/{shift_id}/poster").text
    waiting = admin.get(f"/shifts/{shift_id}/poster", headers={"HX-Request": "true"}).text
    assert "every 3s" in waiting and "<html" not in waiting
    owed = office.read(lambda db: posters.due(db, office.now))
    office.change(lambda db, world: posters.failed(db, owed[0][0], "没有这个权限"))
    refused = admin.get(f"/shifts/{shift_id}/poster").text
    assert "没有这个权限" in refused and "六位签到码" in refused and "data-print" in refused, "what to type"
    admin.post(f"/shifts/{shift_id}/poster")
    url = "http://weixin.qq.com/q/02abc"
    office.change(lambda db, world: posters.got(db, owed[0][0], url, STARTS + hours(9)))
    page = admin.get(f"/shifts/{shift_id}/poster").text
    assert "data:image/svg+xml" in page and "走时再扫一次签退" in page and "没有集合点坐标" in page
    assert office.as_("editor").get(f"/shifts/{shift_id}/poster").status_code == 403
    assert admin.get("/shifts/999/poster").status_code == 404
    far = office.change(lambda db, world: world.shift(starts_in=hours(24 * 60)).id)
    assert "最多保存30天" in admin.post(f"/shifts/{far}/poster").text


def test_an_empty_list_and_names_that_are_code(office: Office) -> None:
    shift_id = office.change(lambda db, world: world.shift(title="<b>粗</b>").id)
    page = office.as_("reviewer").get(f"/shifts/{shift_id}").text
    assert "还没有人报上名" in page and "<b>粗</b>" not in page
