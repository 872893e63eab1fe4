"""Words that may mean several things: 退, 证, 证明, 我要注册, 帮忙. Asked back, never guessed."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.services import teams
from bot.storage.models import Membership
from bot.wechat.replies import Reply, Text, choice_link
from handlers import reference
from handlers.contact import person_id

router = Router("ask_back")


@router.words("退", "退出", "退了", "我要退", "我要退出", "我想退出", "退一下", "帮我退了", "退掉")
def leave_what(ctx: Context) -> Reply:
    """What applies to this follower; deleting everything stands last and is never the default."""
    own, in_teams = reference.own(ctx)[:3], _teams(ctx)
    choices = [Choice(f"取消报名 {one.code} {one.title}", "sign_up.cancel", {"shift_id": one.shift_id}) for one in own]
    return _ask(
        ctx,
        "您想退哪一样？",
        *choices,
        *(Choice(f"退出队伍 {row.team.code} {row.team.name}", "teams.leave", {"team": row.team.code}) for row in in_teams),
        Choice("退积分、退兑换", "rewards.cancel"),
        Choice("不再收提醒或群发", "reminder_settings.show"),
        _entry(ctx, "退团", "quit-league"),
        None if in_teams else _entry(ctx, "退出志愿队", "team-leave"),
        Choice("注销、删除我的信息", "profile.erase"),
    )


def _teams(ctx: Context) -> list[Membership]:
    person = person_id(ctx)
    return teams.of_person(ctx.db, person)[:2] if person is not None else []


@router.words("证", "办证", "我要办证", "想办证", "开证", "领证", "证件", "证书", "办个证", "证怎么办", "证在哪办", "我的证")
def which_paper(ctx: Context) -> Reply:
    return _ask(
        ctx,
        "您说的是哪一种？",
        _entry(ctx, "志愿者证", "volunteer-card"),
        Choice("志愿服务证明", "certificates.start"),
        _entry(ctx, "团员证", "member-card"),
        _entry(ctx, "星级志愿者", "star-apply"),
    )


@router.words("证明", "开证明", "我要开证明", "想开个证明", "打证明", "开个证明")
def which_proof(ctx: Context) -> Reply:
    return _ask(
        ctx,
        "您要开哪一种证明？",
        Choice("志愿服务证明", "certificates.start"),
        _entry(ctx, "团员身份证明", "member-proof"),
    )


@router.words("注册", "我要注册", "我想注册", "想注册", "注册一下", "帮我注册", "我要登记")
def register_as_what(ctx: Context) -> Reply:
    """我要报名 is one activity, 我要注册 perhaps the standing of a volunteer."""
    return _ask(
        ctx,
        "您是想：",
        Choice("报名一场活动", "activities.list"),
        Choice("注册成为志愿者", "profile.register"),
    )


@router.words("帮忙", "帮个忙", "我要帮忙", "我想帮忙", "帮帮忙", "帮帮我", "帮我", "帮我一下", "能帮个忙吗", "可以帮忙吗", "求帮忙")
def who_helps_whom(ctx: Context) -> Reply:
    return _ask(
        ctx,
        "好呀。您是想：",
        Choice("我来帮忙，看看志愿活动", "activities.list", words=["我来帮忙"]),
        _entry(ctx, "我需要志愿者帮忙", "need-help", "我需要帮忙"),
        Choice("找老师说说", "always.human"),
    )


def _entry(ctx: Context, label: str, entry: str, *words: str) -> Choice | None:
    """A choice that is answered from the library; None where the operators have no such entry."""
    if ctx.answer_of(entry) is None:
        return None
    return Choice(label, "faq.chosen", {"entry": entry}, [*words])


def _ask(ctx: Context, question: str, *choices: Choice | None) -> Reply:
    offered = [choice for choice in choices if choice is not None]
    ctx.session.expect(offered)
    lines = [f"{number}. {choice_link(choice.label)}" for number, choice in enumerate(offered, start=1)]
    return Text(f"{question}\n" + "\n".join(lines) + "\n回复序号即可；都不是，请多说几个字，或回复 人工。")
