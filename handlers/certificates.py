"""Certificates in chat: 开志愿服务证明 (all, a period, one activity), 我的证明, 盖章, 证明查验 7F3K-Q2MX."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from bot.conversation.context import Context
from bot.conversation.forms import AGREE, DECLINE
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language import periods
from bot.services import actors, announcements, authority, certificates, documents, drawing, hours, snapshots
from bot.services.refusals.certificates import CertificateUnknown
from bot.services.rules import Rules
from bot.services.snapshots import KINDS, Scope
from bot.storage.database import writing
from bot.wechat.replies import Reply, Text, choice_link
from handlers import certificates_checked
from handlers.contact import person_id

asked = Router("certificates_asked")
router = Router("certificates")

PERIOD, ONE, ISSUE = "certificates.period", "certificates.one", "certificates.issue"
WAYS = {"credit": "签到", "honour": "补记", "import": "志愿汇导入"}
PER_PAGE = 5
PICTURE_WITHIN = timedelta(hours=1)  # later it helps nobody: the link is there
_WANTED = re.compile(r"(?:我要|我想|想要?|帮我|给我|请)?(?:开|打|要|出)?(?:一?[份张个])?(?:志愿服务|志愿者?|服务)?证明")
_SECOND = re.compile(r"(?:2|二|按?时间段?)[\s.、,，:：]*(?P<what>.+)")
_THIRD = re.compile(r"(?:3|三|只开)[\s.、,，:：]*(?P<what>.+)")


@asked.when(lambda ctx: bool(ctx.text) and any(choice.intent == PERIOD for choice in ctx.session.choices))
def period_typed(ctx: Context) -> Reply | None:
    """2 从2025年9月到现在, or only the period; 3 江滨公园清洁. Anything else answers the prompt as usual."""
    second, third = _SECOND.fullmatch(ctx.text), _THIRD.fullmatch(ctx.text)
    found = periods.past(ctx.text, _today(ctx)) or (periods.past(second["what"], _today(ctx)) if second else None)
    if found is not None:
        return _summary(ctx, Scope(*found))
    person = person_id(ctx)
    if third is None or person is None:
        return None
    what = third["what"].strip()
    named = [one for one in snapshots.activities_served(ctx.db, person) if what.upper() == one[1] or what in one[2]]
    return _summary(ctx, Scope(activity_id=named[0][0])) if len(named) == 1 else None


@router.words(
    "志愿服务证明", "开志愿服务证明", "学校要志愿服务证明", "我要志愿服务证明", "我要开志愿服务证明", "开服务证明", "开志愿证明",
    "要志愿服务证明", "打印志愿服务证明", "生成志愿服务证明", "开时长证明", "志愿时长证明",
)  # fmt: skip
@router.intent("certificates.start")
def start(ctx: Context) -> Reply:
    person = person_id(ctx)
    if person is None or not hours.total(ctx.db, person).total:
        return Text(
            "志愿服务证明免费开具，不过台账里还没有您的服务时长。\n"
            "参加活动、签到签退，负责人确认后就会记入；以前在志愿汇上的时长，请打 "
            f"{ctx.settings.organisation.phone} 问问怎么导入。看看 {choice_link('近期活动')}？"
        )
    found = periods.past(_WANTED.sub("", ctx.text), _today(ctx)) if ctx.text else None
    if found is not None:
        return _summary(ctx, Scope(*found))
    ctx.session.expect(
        [
            Choice("全部", "certificates.all"),
            Choice("按时间段", PERIOD, words=["时间段", "按时间"]),
            Choice("只开某次活动", ONE, words=["某次活动", "只开一次", "一次活动"]),
        ]
    )
    return Text(
        f"免费开具。请选择：\n1. {choice_link('全部')}\n2. {choice_link('按时间段')}，可以直接写，比如：2 从2025年9月到现在\n"
        f"3. {choice_link('只开某次活动')}"
    )


@router.intent("certificates.all")
def all_of_it(ctx: Context) -> Reply:
    return _summary(ctx, Scope())


@router.intent(PERIOD)
def period(ctx: Context) -> Reply:
    """Chosen from the list, or asked for: then the follower types it."""
    if ctx.args.get("first"):
        return _summary(ctx, _scope(ctx.args))
    today = _today(ctx)
    offered = []
    for label in ("今年", "去年", "本学年"):
        first, last = periods.past(label, today) or (today, today)
        offered.append(Choice(label, PERIOD, {"first": first.isoformat(), "last": last.isoformat()}))
    ctx.session.expect(offered)
    listed = "\n".join(f"{number}. {choice_link(choice.label)}" for number, choice in enumerate(offered, start=1))
    return Text(f"从哪天到哪天？直接写就行，比如：从2025年9月到现在，或 2025年9月1日至12月31日。也可以选：\n{listed}")


@router.intent(ONE)
def one_activity(ctx: Context) -> Reply:
    if ctx.args.get("activity_id"):
        return _summary(ctx, _scope(ctx.args))
    start_at = int(ctx.args.get("from", 0))
    served = snapshots.activities_served(ctx.db, _person(ctx))
    page = served[start_at : start_at + PER_PAGE]
    if not page:
        return Text(
            f"没有能单独开证明的活动。可以回复 {choice_link('全部')} 开全部的。"
            if served
            else "台账里还没有您参加过的活动。"
        )
    offered = [Choice(f"{code} {title}", ONE, {"activity_id": id}, [code]) for id, code, title, _, _ in page]
    lines = [
        f"{number}. {code} {title}　{on.year}年{on.month}月{on.day}日，{hours.shown(minutes)}小时"
        for number, (_, code, title, on, minutes) in enumerate(page, start=1)
    ]
    if len(served) > start_at + PER_PAGE:
        offered.append(Choice("更多", ONE, {"from": start_at + PER_PAGE}))
        lines.append(f"{len(offered)}. {choice_link('更多')}")
    ctx.session.expect(offered)
    return Text("开哪一次的？回复序号：\n" + "\n".join(lines))


def _summary(ctx: Context, scope: Scope) -> Reply:
    """What it will say, before anything is made: the name in full is the follower's own."""
    said = snapshots.take(
        ctx.db, ctx.cipher, _person(ctx), scope, ctx.now, issuer=ctx.settings.organisation.name, zone=ctx.zone
    )  # fmt: skip
    drawing.check(said.texts(), ctx.settings.certificates.font)
    wanted = {"first": _iso(scope.first), "last": _iso(scope.last), "activity_id": scope.activity_id}
    offered = [Choice("确认", ISSUE, wanted, [*AGREE])]
    if said.identity:
        offered.append(Choice("不印证件号", ISSUE, {**wanted, "plain": True}, ["不要证件号"]))
    offered.append(Choice("换个范围", "certificates.start", words=["重新选", "换一个"]))
    offered.append(Choice("不开了", "certificates.leave", words=[*DECLINE, "不开"]))
    ctx.session.expect(offered, fleeting=True)
    apart = "、".join(f"{WAYS[kind]} {hours.shown(said.of_kind(kind))}" for kind in KINDS if said.of_kind(kind))
    parts = f"（{apart}）" if len({line.kind for line in said.lines}) > 1 else ""
    identity = (
        f"证件号只显示前3后4位：{said.identity}（不想印请回复 {choice_link('不印证件号')}）"
        if said.identity else "没有登记证件号，证明上不印"
    )  # fmt: skip
    return Text(
        f"{said.first}至{said.last}：{len(said.lines)}次，{hours.shown(said.minutes)}小时{parts}。\n"
        f"姓名 {said.name}，{identity}。\n确认生成吗？回复 {choice_link('确认')} / {choice_link('换个范围')} / {choice_link('不开了')}"
    )


@router.intent("certificates.leave")
def leave(ctx: Context) -> Reply:
    ctx.session.expect([])
    return Text(f"好的，没有生成。需要时回复 {choice_link('开志愿服务证明')}，随时免费开。")


@router.intent(ISSUE)
def issue(ctx: Context) -> Reply:
    writing(ctx.db)
    made = certificates.issue(
        ctx.db, ctx.cipher, _person(ctx), _scope(ctx.args), ctx.now, issuer=ctx.settings.organisation.name,
        rules=Rules.of(ctx.settings), with_identity=not ctx.args.get("plain"),
    )  # fmt: skip
    ctx.session.expect([])
    announcements.announce(
        ctx.db, key=f"picture:{made.id}", openid=ctx.openid, kind="picture", payload={"certificate_id": made.id},
        due_at=ctx.now, expires_at=ctx.now + PICTURE_WITHIN, now=ctx.now,
    )  # fmt: skip
    return Text(
        f"已生成 编号 {made.number}\n{_link(ctx, made)}\n"
        f"验证码 {made.code}，收到的单位可在“证明查验”输入核对：{ctx.settings.web.public_url}/verify\n"
        f"需要盖章请工作日到团委（{ctx.settings.organisation.address}），或回复 {choice_link('盖章')}。\n"
        f"链接过期了回复 {choice_link('我的证明')} 再取，内容不变。"
    )


def _link(ctx: Context, made: certificates.Issued) -> str:
    """A new link to the same certificate, for this follower only."""
    token = documents.keep(
        ctx.db, ctx.cipher, openid=ctx.openid, person_id=_person(ctx), kind="certificate",
        filename=f"志愿服务记录证明-{made.number}.pdf", media_type="application/pdf", content=str(made.id).encode(),
        now=ctx.now, rules=Rules.of(ctx.settings),
    )  # fmt: skip
    lives = ctx.settings.volunteering.document_hours
    return f'<a href="{documents.link(ctx.settings, token)}">打开证明</a>（链接{lives}小时有效，只有您能打开）'


@router.words("我的证明", "我开过的证明", "查看证明", "我的志愿服务证明")
@router.intent("certificates.mine")
def mine(ctx: Context) -> Reply:
    person = person_id(ctx)
    made = certificates.mine(ctx.db, ctx.cipher, person) if person is not None else []
    if not made:
        return Text(f"您还没有开过证明。要开请回复 {choice_link('开志愿服务证明')}，免费。")
    start_at = int(ctx.args.get("from", 0))
    page = made[start_at : start_at + PER_PAGE]
    offered = [Choice(one.number, "certificates.again", {"id": one.id}) for one in page]
    lines = [f"{number}. {_described(one)}" for number, one in enumerate(page, start=1)]
    if len(made) > start_at + PER_PAGE:
        offered.append(Choice("更多", "certificates.mine", {"from": start_at + PER_PAGE}))
        lines.append(f"{len(offered)}. {choice_link('更多')}")
    ctx.session.expect(offered)
    return Text("您的证明：\n" + "\n".join(lines) + "\n回复序号重新取链接；盖章请回复 盖章 加编号。")


def _described(one: certificates.Issued) -> str:
    state = (
        "（已作废）"
        if one.revoked_at
        else "（章已盖好，可来取）"
        if one.sealed_at
        else "（已登记盖章）"
        if one.seal_asked_at
        else ""
    )
    said = one.snapshot
    return f"{one.number}{state}\n{said.first}至{said.last}，{hours.shown(said.minutes)}小时，验证码 {one.code}"


@router.intent("certificates.again")
def again(ctx: Context) -> Reply:
    writing(ctx.db)
    person = person_id(ctx)
    theirs = certificates.mine(ctx.db, ctx.cipher, person) if person is not None else []
    one = next((one for one in theirs if one.id == int(ctx.args.get("id", 0))), None)
    if one is None:
        raise CertificateUnknown
    return Text(f"{_described(one)}\n{_link(ctx, one)}")


@router.pattern(r"(?:我?要|帮我|请)?盖(?:个)?章\s*(?P<number>(?:ZM|zm)?[-\d]{4,16})?")
def ask_seal(ctx: Context) -> Reply | None:
    """The latest, or the one named. None without any: then it is a question for the library."""
    person = person_id(ctx)
    theirs = certificates.mine(ctx.db, ctx.cipher, person) if person is not None else []
    number = ctx.args.get("number")
    if not theirs or person is None:
        return None
    wanted = (
        certificates.numbered(ctx.db, number).id
        if number
        else next((o.id for o in theirs if not o.revoked_at), theirs[0].id)
    )
    done = certificates.ask_seal(ctx.db, wanted, person, ctx.now)
    office = ctx.settings.organisation
    return Text(
        f"{done.number} 已登记盖章，工作人员会打印并盖好，好了会通知您。\n"
        f"取件：{office.address}，{office.office_hours}，请带身份证。问进度打 {office.phone}。"
    )


@router.pattern(r"(?:已经?盖好?章?了?|盖好章?了?|章盖好了?)\s*(?P<number>(?:ZM|zm)-?\d{4}-?\d{1,6})")
def sealed(ctx: Context) -> Reply | None:
    """Staff: 已盖章 ZM-2026-000123. For anybody else these are ordinary words."""
    actor = authority.may_decide(ctx.db, ctx.openid, "seal")
    if actor is None:
        return None
    actors.acting(ctx.db, actor)
    done = certificates.sealed(ctx.db, str(ctx.args["number"]), actor, ctx.now)
    return Text(f"{done.number} 记为已盖章，已通知本人来取。")


@router.pattern(
    r"(?:证明)?(?:查验|核验|验证)(?:证明)?[\s:：]*(?P<code>[0-9A-Za-zＡ-Ｚａ-ｚ０-９][\s\-—－0-9A-Za-zＡ-Ｚａ-ｚ０-９]{6,14})"
)
@router.pattern(r"(?P<code>[2-9A-HJKMNP-Za-hjkmnp-z]{4}[-—－][2-9A-HJKMNP-Za-hjkmnp-z]{4})")
def verify(ctx: Context) -> Reply:
    return Text(certificates_checked.words(ctx, certificates.status(ctx.db, ctx.cipher, str(ctx.args["code"]))))


@router.words("证明查验", "查验证明", "证明核验", "查验", "核验证明")
@router.intent("certificates.verify")
def verify_how(ctx: Context) -> Reply:
    return Text(
        "请把证明上的验证码写在后面，比如：证明查验 7F3K-Q2MX\n"
        f"也可以扫证明上的二维码，或打开 {ctx.settings.web.public_url}/verify 输入。"
    )


def _scope(args: Any) -> Scope:
    def day(name: str) -> date | None:
        return date.fromisoformat(args[name]) if args.get(name) else None

    return Scope(day("first"), day("last"), int(args["activity_id"]) if args.get("activity_id") else None)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _today(ctx: Context) -> date:
    return ctx.now.astimezone(ctx.zone).date()


def _person(ctx: Context) -> int:
    """Authority comes from the bound openid: only one's own record."""
    person = person_id(ctx)
    if person is None:
        raise CertificateUnknown
    return person
