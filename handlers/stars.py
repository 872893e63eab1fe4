"""Stars: 我的星级, 申请星级, 公示, how they are awarded, what hours are good for; and what reviewers decide in chat."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps

from bot.conversation.context import Context
from bot.conversation.forms import AGREE, DECLINE
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.dates import day
from bot.services import actors, authority, hours, points, rewards, stars
from bot.services.profiles import masked_name
from bot.services.refusals.merits import NotVolunteer, StarPending
from bot.services.rules import Rules, in_force
from bot.storage.models import StarAward
from bot.wechat.replies import Reply, Text, choice_link
from handlers.contact import person_id
from handlers.refusals.merits import missing_hours, star_name

router = Router("stars")

SHOWN = 10
Deed = Callable[[Context, str], Reply]


@router.intent("stars.mine")
@router.words("我的星级", "星级", "查星级", "我是几星", "我几星了", "还差多少到星级", "我的星")
def mine(ctx: Context) -> Reply:
    found = _standing(ctx)
    if found is None:
        raise NotVolunteer
    lines = [f"您现在是{star_name(found.star)}志愿者。" if found.star else "您现在还没有星级。"]
    lines.append(f"注册后累计 {hours.shown(found.minutes)} 小时（荣誉时长不计入）。")
    if found.pending is not None:
        lines.append(_under_way(ctx, found.pending))
    elif found.eligible:
        lines.append(f"已经可以申请{star_name(found.eligible)}了，回复 {choice_link('申请星级')}。")
    if found.following:
        lines.append(f"还差 {missing_hours(found.missing)} 小时到{star_name(found.following)}。")
    lines.append(choice_link("星级怎么评"))
    return Text("\n".join(lines))


def _under_way(ctx: Context, award: StarAward) -> str:
    if award.state == "applied":
        return f"您的{star_name(award.star)}申请正在审核，结果会通知您。"
    until = f"到{_last_day(ctx, award)}" if award.announced_until else ""
    return f"您的{star_name(award.star)}正在公示，{until}没有异议就授予。"


def _last_day(ctx: Context, award: StarAward) -> str:
    assert award.announced_until is not None
    return day((award.announced_until - timedelta(seconds=1)).astimezone(ctx.zone))


@router.intent("stars.apply")
@router.words("申请星级", "我要申请星级", "申请评星", "我要评星级", "我要评星")
def ask(ctx: Context) -> Reply:
    found = _standing(ctx)
    if found is None:
        raise NotVolunteer
    if found.pending is not None:
        raise StarPending(found.pending.star, found.pending.state)
    if not found.eligible:
        return mine(ctx)
    ctx.session.expect(
        [
            Choice("确认申请", "stars.confirm", {}, [*AGREE]),
            Choice("先不申请", "stars.leave", {}, [*DECLINE, "取消"]),
        ],
        fleeting=True,
    )
    days = in_force(Rules.of(ctx.settings).volunteering.stars, _today(ctx)).announced_days
    name = masked_name(ctx.follower.person.name) if ctx.follower.person.name else "您的姓名"
    return Text(
        f"申请{star_name(found.eligible)}志愿者：注册后累计 {hours.shown(found.minutes)} 小时。\n"
        f"老师审核通过后公示{days}天，公示里写 {name}、星级和小时数，没有异议就授予。\n"
        f"确认申请请回复 {choice_link('确认申请')}，不申请回复 {choice_link('先不申请')}。"
    )


@router.intent("stars.confirm")
def confirm(ctx: Context) -> Reply:
    person = person_id(ctx)
    if person is None:
        raise NotVolunteer
    award = stars.apply(ctx.db, person, ctx.now, Rules.of(ctx.settings))
    ctx.session.expect([])
    return Text(f"已提交{star_name(award.star)}申请，老师审核后通知您。随时回复 {choice_link('我的星级')} 看进度。")


@router.intent("stars.leave")
def leave(ctx: Context) -> Reply:
    ctx.session.expect([])
    return Text(f"好的，没有申请。想申请了回复 {choice_link('申请星级')}，小时数不会变少。")


@router.words("星级公示", "公示", "公示名单", "星级公示名单")
def announced(ctx: Context) -> Reply:
    open_now = stars.announced(ctx.db, ctx.now)
    if not open_now:
        return Text("现在没有星级公示。")
    lines = [f"· {who(award)}　公示到{_last_day(ctx, award)}" for award in open_now[:SHOWN]]
    rest = f"\n还有{len(open_now) - SHOWN}位，完整名单见办公室公告。" if len(open_now) > SHOWN else ""
    office = ctx.settings.organisation
    return Text("星级公示：\n" + "\n".join(lines) + f"{rest}\n有异议请打 {office.phone} 说明理由，我们核实后答复。")


@router.intent("stars.rules")
@router.words("星级怎么评", "星级标准", "星级规则", "星级办法")
def rules(ctx: Context) -> Reply:
    """From the settings themselves, with the day each version holds from."""
    versions = Rules.of(ctx.settings).volunteering.stars
    now = in_force(versions, _today(ctx))
    steps = "、".join(f"{needed}小时{star_name(star)}" for star, needed in enumerate(now.hours, start=1))
    later = [version for version in versions if version.since > now.since]
    changes = [
        f"{version.since:%Y年%-m月%-d日}起改为：{'、'.join(map(str, version.hours))}小时，公示{version.announced_days}天。"
        for version in later
    ]
    return Text(
        f"星级志愿者这样评，自{now.since:%Y年%-m月%-d日}起：\n"
        f"· 注册成为志愿者之后累计满 {steps}。\n"
        "· 只算信用时长（签到签退记录的）和从志愿汇导入的时长，荣誉时长（事后补录的）不计入。\n"
        f"· 够了会通知您，由您申请，老师审核，公示{now.announced_days}天没有异议就授予；不会自动升。\n"
        "· 有异议会核实，不通过会告诉您原因；补足后可以再申请。\n"
        + "".join(f"{change}\n" for change in changes)
        + f"{choice_link('我的星级')}　{choice_link('申请星级')}"
    )


@router.intent("rewards.benefits")
@router.words("时长换什么", "时长能换什么", "时长有什么用", "时长兑换", "时长换门票", "我能享受什么优待")
def benefits(ctx: Context) -> Reply:
    """What somebody qualifies for now. Hours are counted for it, never spent."""
    person = person_id(ctx)
    lines = ["服务时长不会被换掉、扣掉：优待按您的益币和星级来。"]
    if person is not None:
        have = points.balance(ctx.db, person)
        lines.append(f"您有 {hours.shown(hours.total(ctx.db, person).total)} 小时、{points.shown(have)} 益币。")
        within = [one for one in rewards.offered(ctx.db, ctx.now) if one.cost <= have and one.left]
        lines += [f"· 可换：{one.title}（{points.shown(one.cost)}益币）" for one in within[:5]]
        if not within:
            lines.append("· 现在的益币还换不了商城里的东西。")
        found = _standing(ctx)
        if found and found.eligible:
            lines.append(f"· 可申请{star_name(found.eligible)}志愿者：{choice_link('申请星级')}")
        elif found and found.star:
            lines.append(f"· 您是{star_name(found.star)}志愿者，星级优待照此享受。")
    lines.append(f"景区、公交等优待以本县公布的为准。{choice_link('益币商城')}　{choice_link('我的星级')}")
    return Text("\n".join(lines))


# -- reviewers ---------------------------------------------------------------------------------------


def by_reviewers(deed: Deed) -> Callable[[Context], Reply | None]:
    """Authority comes from the bound openid; for anybody else these are ordinary words."""

    @wraps(deed)
    def handler(ctx: Context) -> Reply | None:
        actor = authority.may_decide(ctx.db, ctx.openid, "star")
        return deed(ctx, actor) if actor is not None else None

    return handler


@router.words("星级待审", "待审星级")
@by_reviewers
def waiting(ctx: Context, _actor: str) -> Reply:
    found = stars.pending(ctx.db)
    if not found:
        return Text("没有待审的星级申请。")
    lines = [f"{award.id}. {who(award)}　{day(award.applied_at.astimezone(ctx.zone))}申请" for award in found[:SHOWN]]
    return Text(
        f"待审的星级申请（{len(found)}）：\n" + "\n".join(lines) + "\n回复 星级通过 编号，或 星级不通过 编号 原因。"
    )


@router.pattern(r"星级通过\s*(?P<number>\d{1,9})")
@by_reviewers
def approve(ctx: Context, actor: str) -> Reply:
    actors.acting(ctx.db, actor)
    award = stars.decide(ctx.db, int(ctx.args["number"]), True, actor, ctx.now, rules=Rules.of(ctx.settings))
    return Text(
        f"已通过：{who(award)}，公示到{_last_day(ctx, award)}，到期自动授予。\n"
        f"期间核实有异议，回复 星级不通过 {award.id} 原因。"
    )


@router.pattern(r"星级(?:不通过|驳回|异议)\s*(?P<number>\d{1,9})[\s,，。:：]*(?P<reason>.{0,200})")
@by_reviewers
def refuse(ctx: Context, actor: str) -> Reply:
    actors.acting(ctx.db, actor)
    number, reason = int(ctx.args["number"]), str(ctx.args["reason"])
    award = stars.decide(ctx.db, number, False, actor, ctx.now, reason, Rules.of(ctx.settings))
    return Text(f"已记为不通过：{who(award)}，原因：{award.reason}。已通知本人，补足后可以再申请。")


def who(award: StarAward) -> str:
    name = masked_name(award.person.name) if award.person.name else "志愿者"
    return f"{name} {star_name(award.star)}（{hours.shown(award.minutes)}小时）"


def _today(ctx: Context) -> date:
    return ctx.now.astimezone(ctx.zone).date()


def _standing(ctx: Context) -> stars.Standing | None:
    person = person_id(ctx)
    return stars.standing(ctx.db, person, _today(ctx), Rules.of(ctx.settings)) if person is not None else None
