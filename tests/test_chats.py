"""The conversations of tests/chats, played over HTTP: simulator → sealed push → webhook → database → reply."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import Select, delete, func, or_, select, text

from bot.services import activities, activity_states, check_in, people, points, rosters
from bot.services.activities import NewActivity
from bot.services.activity_tables import KINDS
from bot.services.rosters import Slot, Template
from bot.storage import models
from bot.storage.database import writing
from bot.storage.models import Activity, Base, Lease, Push, Shift
from tests.chat_script import BEIJING, Script, Step, all_scripts, matches, plain, read
from tests.fixtures.ledger import entry
from tests.fixtures.stack import Follower, Stack, call
from tests.fixtures.waiting import eventually

FOLDER = Path(__file__).parent / "chats"
SCRIPTS = list(all_scripts(FOLDER))
LOOK = "待办"
"""Who looks right after the clock was moved looks when the worker has."""
LAST_CHORE = "timer:seal"  # of each sweep
RECORD = re.compile(r"(\S+) (\S+) (?:(\d{4})年)?(\d+)月(\d+)日 ([\d.]+)小时(?:｜证件 (\S+))?(?:｜(\S+))?")
BEGAN = datetime(2020, 1, 1, tzinfo=UTC)
"""When the volunteers of the scripts registered."""
QUIET_S = 2.5


def test_there_are_enough_conversations() -> None:
    assert len(SCRIPTS) >= 20


def test_a_line_that_is_not_understood_is_an_error(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("现在：2026-03-03 10:00\n这一行什么也不是\n", "utf-8")
    with pytest.raises(ValueError, match=r"wrong\.txt:2"):
        read(wrong)


@pytest.fixture
def empty(stack: Stack) -> Stack:
    wipe(stack)
    return stack


def wipe(stack: Stack) -> None:
    """No activity, nobody, no memory: each conversation begins alone."""
    database = stack.database()
    with database.session() as db:
        writing(db)
        guards = list(db.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")))
        for name, _ in guards:  # ledgers refuse deletion
            db.execute(text(f"DROP TRIGGER {name}"))
        for table in reversed(Base.metadata.sorted_tables):
            if table.name != "leases":
                db.execute(delete(table))
        for _, made in guards:
            db.execute(text(made))
        db.commit()
    database.dispose()
    redis.Redis.from_url(stack.redis_url).flushall()
    call(f"{stack.simulator}/sim/reset", {})
    stack.followers.clear()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_chat(script: Script, empty: Stack) -> None:
    Player(empty, script).play()


class Player:
    def __init__(self, stack: Stack, script: Script) -> None:
        self.stack, self.script = stack, script
        self.now = datetime.now(UTC)
        self.shown = ""
        self.moved = False  # the clock, by the step before

    def play(self) -> None:
        for step in self.script.steps:
            self.step(step)
            self.moved = step.kind in ("now", "later")

    def step(self, step: Step) -> None:
        where = f"{self.script.name}.txt:{step.line}"
        match step.kind:
            case "now":
                assert step.at is not None
                self.now = step.at
                self.stack.set_clock(step.at)
            case "later":
                self.stack.advance(step.seconds)
            case "activity":
                self.create(step.text)
            case "record":
                self.record(where, step.text)
            case "roster":
                self.make_roster(step.text)
            case "moved" | "called_off":
                self.change(step)
            case "duty":
                self.put_on_duty(where, step.who)
            case "expert":
                self.enter_expert(where, step.who, *step.text.split(" "))
            case "canned":
                self.keep_words(where, *step.text.split("｜"))
            case "team":
                self.add_team(where, step.text)
            case "leads":
                self.appoint(where, step.who, step.text)
            case "hours":
                self.give_hours(step)
            case "reward":
                self.put_up(where, step.text)
            case "broadcast":
                self.draft(where, step)
            case "reply":
                self.check_reply(where, step.text)
            case "pushed":
                self.check_pushed(where, step)
            case "pictured":
                inbox = self.stack.followers[step.who].inbox
                eventually(lambda: any(each.get("type") == "image" for each in inbox()), f"{where}: a picture")
            case "not_pushed":
                self.check_not_pushed(where, step)
            case _:
                self.shown = self.act(step)

    def act(self, step: Step) -> str:
        if step.kind == "scan" and step.who not in self.stack.followers:
            return self.follow(step.who, scene=step.text).welcome
        if step.kind == "关注":
            return self.follow(step.who).welcome
        follower = self.stack.followers.get(step.who) or self.follow(step.who)
        match step.kind:
            case "say":
                if self.moved and step.text == LOOK:
                    self.until_swept()
                return follower.say(step.text)
            case "tap":
                return follower.say(step.text, bizmsgmenuid="1")
            case "speak":
                return str(follower.send(type="voice", media_id="m2", format="amr", recognition=step.text)["shown"])
            case "menu":
                return follower.click(step.text)
            case "link":
                title, _, url = step.text.partition("｜")
                return str(follower.send(type="link", title=title, description="", url=url)["shown"])
            case "place":
                where = dict(zip(("latitude", "longitude"), map(float, step.text.split(",")), strict=True))
                return str(follower.send(**{**DEEDS["发位置"], **where})["shown"])
            case "in" | "out" | "sheet":
                return self.checks_in(follower, step)
            case "copy":
                told_to, words = step.text.split(" ", 1)
                told = " ".join(plain(str(item.get("text", ""))) for item in self.stack.followers[told_to].inbox())
                return follower.say(re.findall(rf"{words} [A-Z0-9]+", told)[-1])
            case "scan":
                return str(follower.send(type="event", event="SCAN", key=step.text)["shown"])
            case "取消关注":
                return str(follower.send(type="event", event="unsubscribe")["shown"])
            case "重新关注":
                return str(follower.send(type="event", event="subscribe")["shown"])
        return str(follower.send(**DEEDS[step.kind])["shown"])

    def checks_in(self, follower: Follower, step: Step) -> str:
        """With what the leader of the activity shows at this moment, or the sheet at the entrance."""
        database, cipher = self.stack.database(), self.stack.cipher()
        with database.session() as db:
            shift = db.scalars(select(Shift).join(Activity).where(Activity.code == step.text)).one()
            now = datetime.fromisoformat(call(f"{self.stack.simulator}/sim/clock")["now"])
            code = check_in.current_code(cipher, shift, now, purpose="out" if step.kind == "out" else "in")
            sheet = check_in.scene(cipher, shift.id)
        database.dispose()
        if step.kind == "sheet":
            return str(follower.send(type="event", event="SCAN", key=sheet)["shown"])
        return follower.say(code)

    def follow(self, name: str, **options: str) -> Follower:
        self.stack.followers[name] = follower = self.stack.follow(nickname=name, **options)
        return follower

    def record(self, where: str, text: str) -> None:
        """``王晓雨 A12 2025年9月6日 2.5小时``: a settled entry of the ledger; whose it is gets a profile first."""
        found = RECORD.fullmatch(text)
        assert found, f"{where}: 记录写成 王晓雨 A12 2025年9月6日 2.5小时"
        name, code, year, month, day, number, identity, kind = found.groups()
        follower = self.stack.followers.get(name) or self.follow(name)
        database, cipher = self.stack.database(), self.stack.cipher()
        with database.session() as db:
            writing(db)
            row = db.get_one(models.Follower, follower.openid)
            person = row.person or people.save_profile(db, cipher, row, name, "13800001234", self.now.astimezone(UTC))
            if identity:
                person.id_type, person.id_encrypted = "id_card", cipher.encrypt(identity)
            held = db.scalars(select(models.Shift).join(models.Activity).where(models.Activity.code == code)).first()
            assert held, f"{where}: 没有活动 {code}"
            on = date(int(year or self.now.year), int(month), int(day))
            kinds = {None: "credit", "补记": "honour", "导入": "import"}
            entry(db, person.id, round(float(number) * 60), on, shift=held, kind=kinds[kind])
            db.commit()
        database.dispose()

    def put_on_duty(self, where: str, name: str) -> None:
        """As in docs/duty.md: an account, a code, the code sent from the person's own WeChat, on duty."""
        for words in (["add", name, "--name", name, "--role", "admin"], ["duty", name, "on"]):
            done = self.stack.command("staff", *words)
            assert done.returncode == 0, f"{where}: {done.stderr}"
        code = json.loads(self.stack.command("staff", "bind", name, "--json").stdout)["code"]
        follower = self.stack.followers.get(name) or self.follow(name)
        self.shown = follower.say(f"绑定 {code}")

    def enter_expert(self, where: str, name: str, topics: str, title: str) -> None:
        """An account with the role expert, its WeChat bound, entered for these topics."""
        done = self.stack.command("staff", "add", name, "--name", name, "--role", "expert")
        assert done.returncode == 0, f"{where}: {done.stderr}"
        code = json.loads(self.stack.command("staff", "bind", name, "--json").stdout)["code"]
        follower = self.stack.followers.get(name) or self.follow(name)
        self.shown = follower.say(f"绑定 {code}")
        able = [word for each in topics.split("、") for word in ("--topic", each)]
        done = self.stack.command("expert", "add", name, "--title", title, *able)
        assert done.returncode == 0, f"{where}: {done.stderr}"

    def keep_words(self, where: str, topic: str, title: str, text: str) -> None:
        done = self.stack.command("question", "canned", "add", "--topic", topic, "--title", title, "--text", text)
        assert done.returncode == 0, f"{where}: {done.stderr}"

    def add_team(self, where: str, described: str) -> None:
        head, area, *specialties = described.split("｜")
        code, name = head.split(" ", 1)
        able = [word for each in specialties for word in ("--specialty", each)]
        done = self.stack.command("team", "add", name, "--code", code, "--area", area, *able)
        assert done.returncode == 0, f"{where}: {done.stderr}"

    def appoint(self, where: str, who: str, led: str) -> None:
        """Staff make a code, the person sends it from their own WeChat."""
        done = self.stack.command("team", "appoint", led, "--json")
        assert done.returncode == 0, f"{where}: {done.stderr}"
        follower = self.stack.followers.get(who) or self.follow(who)
        self.shown = follower.say(f"负责 {led} {json.loads(done.stdout)['code']}")

    def give_hours(self, step: Step) -> None:
        """An approved entry of the ledger for a registered volunteer, and the points that follow from it."""
        follower = self.stack.followers.get(step.who) or self.follow(step.who)
        database, at = self.stack.database(), self.now.astimezone(UTC)
        with database.session() as db:
            writing(db)
            account = db.get_one(models.Follower, follower.openid)
            if account.person is None:
                account.person = models.Person(name=step.who, created_at=at)
                db.flush()
            if db.get(models.Volunteer, account.person.id) is None:
                known = {"state": "registered", "applied_at": BEGAN, "registered_at": BEGAN}
                db.add(models.Volunteer(person_id=account.person.id, **known))
            db.add(
                models.LedgerEntry(
                    person_id=account.person.id, kind="credit", minutes=round(float(step.text) * 60),
                    effective_on=self.now.date(), title="志愿服务", rule_since=BEGAN.date(), entered_by="system",
                    created_at=at,
                )
            )  # fmt: skip
            db.flush()
            points.issue(db, account.person.id, at)
            db.commit()
        database.dispose()

    def put_up(self, where: str, described: str) -> None:
        """``百丈潭门票｜20益币｜8份｜游客中心｜商户 售票处｜每人每年 2份``: as staff would, with its merchant bound."""
        title, cost, stock, pickup, merchant, *yearly = described.split("｜")
        name = merchant.removeprefix("商户 ")
        if name not in self.stack.followers:
            done = self.stack.command("staff", "add", name, "--name", name, "--role", "merchant")
            assert done.returncode == 0, f"{where}: {done.stderr}"
            code = json.loads(self.stack.command("staff", "bind", name, "--json").stdout)["code"]
            self.shown = self.follow(name).say(f"绑定 {code}")
        words = ["--cost", cost.removesuffix("益币"), "--stock", stock.removesuffix("份"), "--pickup", pickup]
        words += ["--yearly", yearly[0].removeprefix("每人每年 ").removesuffix("份")] if yearly else []
        done = self.stack.command("reward", "add", title, "--merchant", name, *words)
        assert done.returncode == 0, f"{where}: {done.stderr}"

    def draft(self, where: str, step: Step) -> None:
        """``李老师 周末去江边｜一起去江边捡垃圾｜活动 A12｜链接 https://…｜发给 area=城东街道``: as at the console."""
        title, body, *more = step.text.split("｜")
        named = {"活动": "--activity", "链接": "--link", "发给": "--to"}
        options = [word for each in more for word in (named[each.split(" ", 1)[0]], each.split(" ", 1)[1])]
        done = self.stack.command("broadcast", "create", "--title", title, "--body", body, *options, "--by", step.who)
        assert done.returncode == 0, f"{where}: {done.stderr}"

    def check_reply(self, where: str, expected: str) -> None:
        if expected == "（不出声）":
            assert self.shown == "", f"{where}: expected silence, got\n{self.shown}"
        else:
            assert matches(expected, self.shown), f"{where}: expected “{expected}”, got\n{plain(self.shown)}"

    def until_swept(self) -> None:
        """Until a sweep that began by the clock as it stands is over, and what it found due is sent or kept.

        The first turn of the last chore after the clock was moved may end a sweep from before; the next does not.
        """
        moved_to = datetime.fromisoformat(call(f"{self.stack.simulator}/sim/clock")["now"])
        database = self.stack.database()

        def found(query: Select[tuple[int]]) -> int:
            with database.session() as db:
                return db.scalar(query) or 0

        turn = select(Lease.fence).where(Lease.name == LAST_CHORE, Lease.beat_at >= moved_to)
        first = eventually(lambda: found(turn), "a sweep by the moved clock")
        eventually(lambda: found(turn) > first, "a second sweep")
        waiting = or_(Push.not_before.is_(None), Push.not_before <= moved_to)
        due = select(func.count(Push.id)).where(Push.due_at <= moved_to, waiting, Push.state.in_(("due", "sending")))
        eventually(lambda: not found(due), "what is due being sent or kept")
        database.dispose()

    def check_pushed(self, where: str, step: Step) -> None:
        follower = self.stack.followers[step.who]
        eventually(
            lambda: any(matches(step.text, text) for text in pushed(follower)),
            f"{where}: “{step.text}” said to {step.who}, got {pushed(follower)}",
        )

    def check_not_pushed(self, where: str, step: Step) -> None:
        time.sleep(QUIET_S)
        said = pushed(self.stack.followers[step.who])
        assert not any(matches(step.text, text) for text in said), f"{where}: “{step.text}” was said: {said}"

    def create(self, described: str) -> None:
        database = self.stack.database()
        with database.session() as db:
            writing(db)
            made = activities.create(db, activity(described, self.now), self.now.astimezone(UTC))
            if made.state == "draft":  # 待审
                activities.submit(db, made.id, "system", self.now.astimezone(UTC))
            db.commit()
        database.dispose()

    def change(self, step: Step) -> None:
        """As staff would: ``A12｜3月8日 14:00-16:30｜江滨公园北门``, or A12 does not take place, and why."""
        code, _, moved = step.text.partition("｜") if step.kind == "moved" else (step.who, "", "")
        database = self.stack.database()
        with database.session() as db:
            writing(db)
            named = activities.named(db, code)
            now = datetime.fromisoformat(call(f"{self.stack.simulator}/sim/clock")["now"])
            if step.kind == "called_off":
                activity_states.cancel(db, named.id, step.text, now)
            else:
                planned = activity(f"{code} x｜{moved}｜名额 1", self.now)
                shift = db.scalars(select(Shift).where(Shift.activity_id == named.id)).one()
                activities.move(db, shift.id, planned.starts_at, planned.ends_at, planned.place, now=now)
            db.commit()
        database.dispose()

    def make_roster(self, described: str) -> None:
        """``A12｜09:00-11:30、13:00-15:30｜3月4日-3月20日``: a seat each, every day."""
        code, hours, days = described.split("｜")
        slots = tuple(Slot(starts=start, ends=end) for start, end in re.findall(r"(\d+:\d+)-(\d+:\d+)", hours))
        first, last = (date(self.now.year, int(m), int(d)) for m, d in re.findall(r"(\d+)月(\d+)日", days))
        database = self.stack.database()
        with database.session() as db:
            station = activities.named(db, code)
            rosters.add(db, station.id, Template(slots=slots, first_on=first, last_on=last), self.now.astimezone(UTC))
            db.commit()
        database.dispose()


DEEDS = {
    "发图片": {"type": "image"},
    "发语音": {"type": "voice", "media_id": "m2", "format": "amr"},
    "发位置": {"type": "location", "latitude": 28.9, "longitude": 120.4, "scale": 15, "label": "江滨公园"},
    "发视频": {"type": "video", "media_id": "m3", "thumb_media_id": "t3"},
    "发链接": {"type": "link", "title": "活动", "description": "", "url": "https://example.com"},
}


def pushed(follower: Follower) -> list[str]:
    """What the account said first, oldest first: everything that was no answer and not the follower's own."""
    first = ("custom", "template", "subscribe", "mass")
    return [str(item.get("text", "")) for item in follower.inbox() if item["kind"] in first]


def activity(described: str, now: datetime) -> NewActivity:
    """``A12 江滨公园清洁｜3月7日 13:00-15:30｜江滨公园南门｜名额 20｜风险 …`` as staff would enter it."""
    head, when, place, *rest = described.split("｜")
    code, title = head.split(" ", 1)
    found = re.fullmatch(r"(\d+)月(\d+)日 (\d+:\d+)-(\d+:\d+)", when)
    assert found, f"活动的时间写成 3月7日 13:00-15:30，不是 {when}"
    month, day, start, end = found.groups()
    values: dict[str, Any] = {
        "content": f"一起去{place}",
        "risk": "请听从现场负责人安排",
        "organiser": "青山团县委",
        "leader": "李老师",
        "code": code,
        "title": title,
        "place": place,
        "starts_at": _at(now, month, day, start),
        "ends_at": _at(now, month, day, end),
    }
    for part in rest:
        name, _, value = part.partition(" ")
        match name:
            case "名额":
                values["capacity"] = int(value)
            case "风险":
                values["risk"] = value
            case "请带":
                values["bring"] = value
            case "片区":
                values["area"] = value
            case "位置" | "坐标":
                values["latitude"], values["longitude"] = map(float, value.split(","))
            case "年龄":
                values["min_age"], values["max_age"] = (int(age) if age else None for age in value.split("-"))
            case "类型":
                values["kind"] = KINDS[value]
            case "待审":
                values["state"] = "draft"
            case "报名要审核":
                values["approval"] = True
            case "报名":
                values["signup_opens_at"] = _moment(now, value.removesuffix(" 起"))
            case "截止":
                values["signup_closes_at"] = _moment(now, value)
            case _:
                raise ValueError(f"活动后面的“{part}”不认识")
    return NewActivity(**values)


def _moment(now: datetime, text: str) -> datetime:
    found = re.fullmatch(r"(\d+)月(\d+)日 (\d+:\d+)", text)
    assert found, f"时间写成 3月10日 09:00，不是 {text}"
    return _at(now, *found.groups())


def _at(now: datetime, month: str, day: str, clock: str) -> datetime:
    hour, minute = clock.split(":")
    return datetime(now.year, int(month), int(day), int(hour), int(minute), tzinfo=BEIJING).astimezone(UTC)
