"""Teams: 找队伍, 城东的队伍, T05, 加入 T05, 我的队伍, 退队 T05."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.forms import AGREE, DECLINE, Form, Forms, Values
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.numerals import choice as choice_number
from bot.services import teams
from bot.services.profiles import masked_name
from bot.services.refusals.teams import NotInTeam, TeamNotOpen, TeamUnknown
from bot.storage.models import Membership, Team
from bot.wechat.replies import Reply, Text, choice_link
from handlers import asking
from handlers.contact import person_id
from handlers.introduction import consent, fields, keep_profile, who

router = Router("teams")

PAGE = 5
CODE = r"[Tt]\d{2,4}"
ROLES = {"member": "队员", "core": "骨干", "leader": "队长"}
MORE = ["更多", "下一批", "下一页"]


# -- finding -----------------------------------------------------------------------------------------


@router.intent("teams.find")
@router.words("找队伍", "队伍", "志愿队", "找志愿队", "有哪些队伍", "志愿服务队", "加入队伍", "我要入队", "队伍列表")
def find(ctx: Context) -> Reply:
    words = str(ctx.args.get("words", ctx.text))
    offset = int(ctx.args.get("offset", 0))
    found = teams.find(ctx.db, words, limit=PAGE, offset=offset)
    if found.total or not found.by_words:
        return _listed(ctx, words, found, offset)
    every = teams.find(ctx.db, limit=PAGE)
    return _listed(ctx, "", every, 0, "没找到正合适的，先看看这些。\n")


@router.pattern(r"找\s*\S.{0,20}?队伍?")
def find_for(ctx: Context) -> Reply | None:
    """找城东的队伍: plainly asked for, so that also nothing found is said."""
    ctx.args = {}
    return find(ctx)


@router.pattern(r"(?!.*(?:怎|如何|[我你他]|退|加入|成立|建|换|哪))\S{2,14}?队伍?(?:有吗|吗|有没有)?")
def find_named(ctx: Context) -> Reply | None:
    """会急救的队伍, 小蜜蜂队. Words that fit no team go on to be understood."""
    ctx.args = {}
    found = teams.find(ctx.db, ctx.text, limit=PAGE)
    return find(ctx) if found.by_words and found.total else None


def _listed(ctx: Context, words: str, found: teams.Found, offset: int, note: str = "") -> Reply:
    if not found.teams:
        return Text("现在还没有登记的队伍。想自己建一支，回复 怎么成立志愿服务队；想先参加活动，回复 活动。")
    sizes = teams.sizes(ctx.db, [team.id for team in found.teams])
    choices = [Choice(f"{team.code}", "teams.show", {"team": team.code}, [team.name]) for team in found.teams]
    lines = [
        f"{number}. {choice_link(f'{team.code} {team.name}', f'队伍详情 {team.code}')}　{sizes.get(team.id, 0)}人"
        f"{'' if team.open_to_join else '　暂不收人'}\n{_where(team)}".rstrip()
        for number, team in enumerate(found.teams, start=1)
    ]
    further = found.total > offset + PAGE
    if further:
        choices.append(Choice("更多", "teams.find", {"words": words, "offset": offset + PAGE}, MORE))
    ctx.session.shown = []
    ctx.session.expect(choices)
    tail = f"\n回复 {choice_link('更多')} 看后面的。" if further else ""
    return Text(
        f"{note}{'合适的' if found.by_words else ''}队伍有{found.total}支：\n" + "\n".join(lines) + "\n"
        f"回复序号看详情，回复 {choice_link(f'加入 {found.teams[0].code}')} 申请加入。{tail}"
    )


def _where(team: Team) -> str:
    return "｜".join(part for part in (team.area, "、".join(team.specialties[:4])) if part)


@router.pattern(rf"(?:队伍)?(?:详情|看看?|介绍|查看)?\s*(?P<team>{CODE})")
def show_code(ctx: Context) -> Reply | None:
    return show(ctx)


@router.intent("teams.show")
def show(ctx: Context) -> Reply | None:
    """None when no team has this code: it may be something else's."""
    team = teams.by_code(ctx.db, str(ctx.args["team"]))
    ctx.args = {}
    if team is None:
        return None
    leaders = [masked_name(row.person.name) for row in teams.leaders(ctx.db, team.id) if row.person.name]
    facts = (
        ("片区", team.area), ("特长", "、".join(team.specialties)), ("介绍", team.about), ("队长", "、".join(leaders)),
        ("联系", team.contact),
    )  # fmt: skip
    lines = [
        f"{team.code} {team.name}　{teams.sizes(ctx.db, [team.id]).get(team.id, 0)}人",
        *(f"{label}：{value}" for label, value in facts if value),
        _next_step(ctx, team),
    ]
    return Text("\n".join(lines))


def _next_step(ctx: Context, team: Team) -> str:
    mine = next((row for row in _mine(ctx) if row.team_id == team.id), None)
    if mine is not None:
        return f"您{'在这支队里' if mine.state == 'active' else '的申请在等队长同意'}；想退出请回复 退队 {team.code}。"
    if team.closed_at is not None:
        return f"这支队伍已经停止活动。看看别的：{choice_link('找队伍')}"
    if not team.open_to_join:
        return f"这支队伍暂时不收人。看看别的：{choice_link('找队伍')}"
    ctx.session.expect([Choice("加入", "teams.join", {"team": team.code}, ["我要加入", "申请加入", "入队"])])
    return f"想加入请回复 {choice_link('加入', f'加入 {team.code}')}，队长同意后就是队员，随时可以退。"


# -- joining -----------------------------------------------------------------------------------------


@router.pattern(rf"(?:我想|我要|帮我)?(?P<verb>申请加入|加入|入队|参加|报名?)\s*(?:队伍)?\s*(?P<team>{CODE})")
def join_code(ctx: Context) -> Reply | None:
    """报名 T05 too, as long as T05 is a team and not an activity's code of old."""
    code, verb = str(ctx.args["team"]), str(ctx.args["verb"])
    ctx.args = {"team": code}
    if teams.by_code(ctx.db, code) is None and verb in ("参加", "报", "报名"):
        ctx.args = {}
        return None
    return join(ctx)


@router.pattern(r"(?:我想|我要)?(?:申请)?加入\s*(?P<what>\S.{0,20})")
def join_named(ctx: Context) -> Reply | None:
    """加入 1, 加入 小蜜蜂队: one team that is named; several are asked about."""
    what = str(ctx.args["what"])
    ctx.args = {}
    offered = [choice for choice in ctx.session.choices if choice.intent == "teams.show"]
    if number := choice_number(what, len(offered)):
        ctx.args = dict(offered[number - 1].args)
        return join(ctx)
    found = teams.find(ctx.db, what, limit=PAGE)
    if asking.asks(what) or not found.by_words or not found.total:
        return None
    if found.total > 1:
        return _listed(ctx, what, found, 0)
    ctx.args = {"team": found.teams[0].code}
    return join(ctx)


@router.intent("teams.join")
def join(ctx: Context) -> Reply:
    """Say at once what would refuse it, then the short form."""
    team = teams.by_code(ctx.db, str(ctx.args["team"]))
    if team is None:
        raise TeamUnknown(str(ctx.args["team"]).upper())
    if team.closed_at is not None or not team.open_to_join:
        raise TeamNotOpen(team.name, closed=team.closed_at is not None)
    if any(row.team_id == team.id for row in _mine(ctx)):
        return show(ctx) or Text("")
    return FORMS.start(ctx, "join_team", {"team": team.code})


def _summary(ctx: Context, values: Values) -> str:
    team = teams.by_code(ctx.db, str(values["team"]))
    assert team is not None
    lines = [
        f"申请加入 {team.code} {team.name}{f'（{_where(team)}）' if _where(team) else ''}",
        "队长会看到您的姓名，同意后可以联系您；随时能退出，时长一直是您的。",
        "" if not values["phone"] else consent(ctx),
        f"用 {who(ctx, values)} 申请，请回复 {choice_link('确认')}；要改资料回复 {choice_link('修改')}，不加了回复 取消。",
    ]
    return "\n".join(line for line in lines if line)


def _submit(ctx: Context, values: Values) -> Reply:
    team = teams.by_code(ctx.db, str(values["team"]))
    if team is None:
        raise TeamUnknown(str(values["team"]))
    team_id = team.id
    teams.join(ctx.db, team_id, keep_profile(ctx, values), ctx.now)
    return Text(
        f"已提交：申请加入 {team.code} {team.name}。队长同意或婉拒，都会发消息告诉您。\n不想加了请回复 退队 {team.code}。"
    )


FORMS = Forms(
    (
        Form(
            name="join_team",
            fields=fields(),
            summary=_summary,
            done=_submit,
            left="好的，没有申请。想加入的时候随时再来。",
        ),
    )
)


# -- one's own teams, and leaving --------------------------------------------------------------------


def _mine(ctx: Context) -> list[Membership]:
    person = person_id(ctx)
    return teams.of_person(ctx.db, person) if person is not None else []


@router.intent("teams.mine")
@router.words("我的队伍", "我的志愿队", "我在哪个队", "我加入的队伍", "我的队")
def mine(ctx: Context) -> Reply:
    rows = _mine(ctx)
    if not rows:
        return Text(f"您还没有加入队伍。回复 {choice_link('找队伍')} 看看，也可以直接说 城东的队伍、会急救的队伍。")
    ctx.session.shown = []
    ctx.session.expect([Choice(row.team.code, "teams.show", {"team": row.team.code}) for row in rows[:PAGE]])
    lines = [
        f"{number}. {row.team.code} {row.team.name}　{ROLES[row.role] if row.state == 'active' else '等队长同意'}"
        for number, row in enumerate(rows[:PAGE], start=1)
    ]
    return Text("您的队伍：\n" + "\n".join(lines) + f"\n想退出请回复 退队 加编号，比如 退队 {rows[0].team.code}。")


@router.pattern(
    rf"(?:我要|我想|帮我)?(?:退队|退出队伍|退出志愿队|离队|退出(?={CODE}|\s+{CODE})|取消(?:入队|加入)?申请?(?=\s*{CODE}))"
    rf"\s*(?P<team>{CODE})?了?"
)
def leave_named(ctx: Context) -> Reply | None:
    """退队 T05 is done at once; 退队 alone is asked back, also with one team only."""
    rows, code = _mine(ctx), ctx.args["team"]
    ctx.args = {}
    if code:
        if teams.by_code(ctx.db, code) is None:
            return None
        ctx.args = {"team": code}
        return leave(ctx)
    if not rows:
        raise NotInTeam
    choices = [Choice(f"退队 {row.team.code}", "teams.leave", {"team": row.team.code}, [row.team.name]) for row in rows]
    if len(rows) == 1:
        choices[0].words += AGREE
        choices.append(Choice("不退", "teams.mine", {}, [*DECLINE]))
        ctx.session.expect(choices, fleeting=True)
        return Text(
            f"确定退出 {rows[0].team.code} {rows[0].team.name} 吗？确定请回复 {choice_link('确认')}，不退请回复 不退。"
        )
    ctx.session.expect(choices[:PAGE])
    lines = [
        f"{number}. {choice_link(f'{row.team.code} {row.team.name}', f'退队 {row.team.code}')}"
        for number, row in enumerate(rows[:PAGE], start=1)
    ]
    return Text("您要退出哪一支？\n" + "\n".join(lines) + "\n回复序号即可。")


@router.intent("teams.leave")
def leave(ctx: Context) -> Reply:
    team, person = teams.by_code(ctx.db, str(ctx.args["team"])), person_id(ctx)
    if team is None or person is None:
        raise NotInTeam(team.name if team else "")
    code, was = team.code, next((row.state for row in _mine(ctx) if row.team_id == team.id), "")
    row = teams.leave(ctx.db, team.id, person, ctx.now)
    ctx.session.expect([])
    if was == "applied":
        return Text(f"已撤回加入 {code} {row.team.name} 的申请。")
    return Text(f"已退出 {code} {row.team.name}，已经记录的时长一直是您的。想回来请回复 加入 {code}。")
