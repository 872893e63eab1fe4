"""青年之声 for who asks: 老板拖欠工资, 我要提问, 补充 …, 我的提问, 满意, 不满意 …, 追问 …, 撤回提问."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from bot.conversation.context import Context
from bot.conversation.forms import Field, Form, Forms, Unclear, Values
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.dates import moment
from bot.services import ages
from bot.services.questions import after, asking, promises, sight
from bot.services.questions.states import CATEGORIES, STATES, TOPICS, WAITING
from bot.services.refusals_questions import QuestionUnknown
from bot.services.rules import Rules
from bot.storage.models import Question
from bot.wechat.messages import Image
from bot.wechat.replies import Reply, Text, choice_link
from handlers.contact import follower
from handlers.verbatim import as_typed

router = Router("voice")
during = Router("voice_during")

NUMBER = r"(?:[Qq]\s*(?P<number>\d{11,14}))?"
BETWEEN = r"[\s:：,，。]*"
PICTURES_FOR = timedelta(hours=1)
"""How long after asking a picture still belongs to the question."""
PAGE = 5
TOLD = 6
"""So many characters say something already; fewer are only the wish to ask."""
WINDOWS = {"维权": "rights", "团学活动": "league", "法律": "law", "心理": "mind", "生涯规划": "career"}
"""What one may call a window → its topic."""
PROMPTS = {
    "rights": "请写：什么单位、从什么时候开始、多久了、涉及多少钱、有没有合同或聊天记录。可先写能说的，不写名字也行。",
    "league": "请写：哪个学校或团组织、想问什么。几句话就行，不写名字也行。",
    "law": "请写：发生了什么、什么时候、对方是谁、您想怎么办。不写名字也行。",
    "mind": "想说什么都可以，慢慢写：多久了、最近怎么样、希望我们怎么帮。不写名字也行，只有心理老师能看到。",
    "career": "请写：您现在读书还是工作、在哪个方向上拿不准。不写名字也行。",
}
GUESSES = (
    ("mind", r"心理|情绪|抑郁|焦虑|压力|失眠|睡不着|难受|心里|想不开|孤独|分手|崩溃"),
    (
        "rights",
        r"工资|薪|拖欠|押金|中介|裁|辞退|加班|工伤|社保|投诉|举报|维权|骗|欺负|霸凌|骂|打人|体罚|公开了我|没经过我|收钱|敷衍",
    ),
    ("law", r"法律|律师|起诉|合同|官司|仲裁|赔偿|离婚|继承|债"),
    ("career", r"就业|找工作|简历|面试|专业|考研|考公|创业|生涯|职业|迷茫"),
    ("league", r"团|志愿|活动|社团|学生会|入党"),
)
UNPAID = re.compile(
    r"(?:拖欠|克扣|欠|不给|不发|不结|没发|没给|没结|扣着)\S{0,6}(?:工资|工钱|薪水|薪|血汗钱|押金)|(?:工资|工钱|薪水)\S{0,6}(?:不给|不发|没给|没发|没结|不结|拖着|扣着|要不回)"
)
QUESTION = re.compile(r"怎么|咋|吗|么|呢|[?？]|合法|找谁|哪里|哪儿|去哪|多久|能不能|可以|如何|帮助")
PRIVATE = ("rights", "mind")


def guess(text: str) -> str:
    """The topic that the words point to; rights when nothing does: that window is private."""
    return next((topic for topic, words in GUESSES if re.search(words, text)), "rights")


def called(topic: str) -> str:
    return next(name for name, key in WINDOWS.items() if key == topic)


def kind_of(row: Question) -> str:
    return TOPICS[row.topic] if row.topic else CATEGORIES[row.category]


# -- asking --------------------------------------------------------------------------------------------


def _parse(text: str) -> str:
    if len(text.strip()) < 2:
        raise Unclear("请写一写是什么事，几句话就行；不提了回复 取消。")
    return text.strip()


def _submit(topic: str) -> Form:
    return Form(
        f"voice.{topic}",
        (Field("text", PROMPTS[topic], _parse),),
        done=lambda ctx, values: _asked(ctx, topic, values),
        left="好的，没有提交。需要时随时回复 我要提问。",
    )


FORMS = Forms(tuple(_submit(topic) for topic in PROMPTS))


@router.intent("voice.start")
@router.words("我要提问", "提问", "青年之声", "我要维权", "维权")
def start(ctx: Context) -> Reply:
    """Straight to what is to be written; the window is guessed from the words and can be changed."""
    return _open(ctx, guess(ctx.text), ctx.text if len(ctx.text) >= TOLD else "")


@router.when(lambda ctx: UNPAID.search(ctx.text) is not None and QUESTION.search(ctx.text) is None)
def unpaid(ctx: Context) -> Reply:
    """老板拖欠工资不给: told, not asked; whoever asks 怎么办 gets the library's answer first."""
    return start(ctx)


def _open(ctx: Context, topic: str, first: str) -> Reply:
    asked = FORMS.start(ctx, f"voice.{topic}", {"first": first} if first else {})
    assert isinstance(asked, Text)
    private = "默认不公开" if topic in PRIVATE else "公布问题清单时会去掉个人信息"
    others = "、".join(name for name, key in WINDOWS.items() if key != topic)
    return Text(
        f"我帮您登记到青年之声【{called(topic)}】（{private}）。{asked.content}\n不是这一类？回复 换成 加 {others}。不提了回复 取消。"
    )


@during.when(lambda ctx: _switches(ctx) is not None)
def switch(ctx: Context) -> Reply:
    """换成 心理: another window, what was written so far goes along."""
    opened = ctx.session.form
    assert opened is not None
    topic = _switches(ctx)
    assert topic is not None
    return _open(ctx, topic, str(opened.values.get("first", "")))


def _switches(ctx: Context) -> str | None:
    if ctx.session.form is None or not ctx.session.form.name.startswith("voice."):
        return None
    found = re.fullmatch(r"(?:换成|换到|改成|换)\s*[【]?(?P<window>[一-鿿]{2,4})[】]?", ctx.text.strip())
    return WINDOWS.get(found["window"].replace("咨询", "").replace("生涯", "生涯规划")[:4]) if found else None


def _asked(ctx: Context, topic: str, values: Values) -> Reply:
    text = "\n".join(part for part in (str(values.get("first", "")), str(values["text"])) if part)
    similar = ctx.understand(str(values["text"]), ctx.now)
    if topic not in PRIVATE and similar.decision == "answer":
        wanted = {"topic": topic, "text": text}
        ctx.session.expect(
            [Choice("提交", "voice.submit", wanted, ["还是提交", "提交提问"]), Choice("解决了", "voice.solved")]
        )
        return Text(
            f"这个问题有现成的答案：\n{similar.answer}\n——\n解决了吗？{choice_link('解决了')}；还要老师答请回复 {choice_link('提交')}。"
        )
    return _file(ctx, topic, text)


@router.intent("voice.submit")
def submit(ctx: Context) -> Reply:
    if "text" not in ctx.args:
        return start(ctx)
    return _file(ctx, str(ctx.args["topic"]), str(ctx.args["text"]))


@router.intent("voice.solved")
def solved(ctx: Context) -> Reply:
    return Text("太好了，没有再提交。还有别的随时问我。")


def _file(ctx: Context, topic: str, text: str) -> Reply:
    row, rules = follower(ctx), Rules.of(ctx.settings)
    born = row.person.birth_date if row.person else None
    today = ctx.now.astimezone(ctx.zone).date()
    category = topic if topic in CATEGORIES else "advice"
    filed = asking.ask(
        ctx.db, ctx.cipher, ctx.openid, category, text, ctx.now, rules, topic=topic if topic in TOPICS else "",
        is_minor=ages.on(today, born) < ages.ADULT if born else None,
    )  # fmt: skip
    return Text(
        f"已受理 {filed.number}（{kind_of(filed)}{'，不公开' if filed.is_private else ''}）。"
        f"{_due(ctx, filed, 'review')}前完成审核，{_due(ctx, filed, 'reply')}前答复。\n"
        f"{_meanwhile(ctx, topic)}\n要补充请回复 补充 加内容，也可以接着发图片；看进展回复 {choice_link('我的提问')}。"
    )


def _meanwhile(ctx: Context, topic: str) -> str:
    lines, hotline = ctx.settings.hotlines, ctx.settings.organisation.hotline
    match topic:
        case "rights":
            return f"在等的时候：保存合同、转账和聊天记录；欠薪、劳动纠纷也可直接拨 {lines.labour}。涉及人身威胁请马上报 {lines.police}。"
        case "mind":
            return f"在等的时候：想有人马上听您说，可以打 {hotline} 或 {lines.mental_health}。"
        case "law":
            return f"在等的时候：保存合同、收据和聊天记录；也可直接拨 {lines.legal} 免费咨询律师。"
    return f"在等的时候：急事可以打 {ctx.settings.organisation.phone}。"


def _due(ctx: Context, row: Question, kind: promises.Kind) -> str:
    due = promises.due(ctx.db, row, kind)
    return moment(due, ctx.zone) if due is not None else ""


# -- what was asked ------------------------------------------------------------------------------------


@router.words("我的提问", "我的问题", "提问进展", "查看提问")
@router.intent("voice.mine")
def mine(ctx: Context) -> Reply:
    rows = asking.mine(ctx.db, ctx.openid, PAGE)
    if not rows:
        return Text(f"您还没有提过问。有难处、想反映的事，回复 {choice_link('我要提问')}。")
    ctx.session.expect([Choice(row.number, "voice.one", {"number": row.number}, [row.number]) for row in rows])
    lines = [
        f"{number}. {choice_link(row.number)}（{kind_of(row)}）{_where(ctx, row)}" for number, row in enumerate(rows, 1)
    ]
    return Text("您的提问：\n" + "\n".join(lines))


def _where(ctx: Context, row: Question) -> str:
    if row.paused_at is not None:
        return "等您补充，先停表"
    if row.state == "submitted":
        return f"待审核，{_due(ctx, row, 'review')}前"
    if row.state in ("accepted", "merged"):
        return f"处理中，{_due(ctx, row, 'reply')}前答复"
    return STATES[row.state]


@router.pattern(r"(?:我的)?(?:提问|问题)?\s*[Qq]\s*(?P<number>\d{11,14})")
@router.intent("voice.one")
def one(ctx: Context) -> Reply | None:
    """The thread as the asker may read it. None for others: the number may be staff's to look at."""
    try:
        row, lines = sight.for_asker(ctx.db, ctx.cipher, str(ctx.args["number"]), ctx.openid)
    except QuestionUnknown:
        return None
    named = {"asked": "您", "more": "您补充", "wanted": "老师想了解", "answer": "答复", "unsatisfied": "您不满意"}
    said = [f"{named[line.kind]}：{_short(line.text) or '（图片）'}" for line in lines if line.kind in named]
    what = {"answered": "满意、不满意 加原因、追问 加内容", "closed": "追问 加内容"}.get(row.state, "")
    if row.state in WAITING:
        what = f"补充 加内容，或 撤回提问 {row.number}"
    told = row.reason if row.state in ("declined", "transferred") else ""
    return Text(
        "\n".join(
            part
            for part in (
                f"{row.number}（{kind_of(row)}）{_where(ctx, row)}",
                *said[-6:],
                told,
                f"可以回复：{what}。" if what else "",
            )
            if part
        )
    )


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:118] + "……"


# -- more, an opinion, the end -------------------------------------------------------------------------


@router.pattern(rf"补充(?:提问|材料)?{BETWEEN}{NUMBER}{BETWEEN}(?P<text>[\s\S]*)")
def add(ctx: Context) -> Reply | None:
    row = _meant(ctx, ctx.args["number"], WAITING + ("merged",))
    if row is None:
        return None
    stood = row.paused_at is not None
    asking.add(
        ctx.db,
        ctx.cipher,
        row.id,
        ctx.openid,
        as_typed(ctx, str(ctx.args["text"] or "")),
        ctx.now,
        Rules.of(ctx.settings),
    )
    due = f"{_due(ctx, row, 'reply')}前答复" if _due(ctx, row, "reply") else ""
    return Text(f"已补充到 {row.number}，老师看得到。{'时间继续算，' if stood else ''}{due}。")


@router.when(lambda ctx: isinstance(ctx.message, Image) and _wants_picture(ctx) is not None)
def picture(ctx: Context) -> Reply:
    row = _wants_picture(ctx)
    assert row is not None and isinstance(ctx.message, Image)
    asking.add(
        ctx.db, ctx.cipher, row.id, ctx.openid, "", ctx.now, Rules.of(ctx.settings), media_id=ctx.message.media_id
    )
    return Text(f"图片收到，已附在 {row.number} 里，只有办理的老师能看到。还有就接着发。")


def _wants_picture(ctx: Context) -> Question | None:
    """The question that waits for more, or was asked a moment ago."""
    for row in asking.mine(ctx.db, ctx.openid, PAGE):
        if row.state in WAITING and (row.paused_at is not None or ctx.now - row.submitted_at < PICTURES_FOR):
            return row
    return None


@router.words("满意", "很满意", "非常满意", "满意谢谢")
def satisfied(ctx: Context) -> Reply | None:
    row = _meant(ctx, None, ("answered",))
    if row is None:
        return None
    after.satisfied(ctx.db, row.id, ctx.openid, ctx.now)
    return Text(f"谢谢您的评价！{row.number} 办结了。还想问请回复 追问 加内容。")


@router.pattern(rf"(?:对答复)?(?:不满意|没解决|没有解决){BETWEEN}{NUMBER}{BETWEEN}(?P<text>[\s\S]*)")
def objects(ctx: Context) -> Reply | None:
    row = _meant(ctx, ctx.args["number"], ("answered",))
    if row is None:
        return None
    reason = as_typed(ctx, str(ctx.args["text"] or ""))
    if not reason:
        return Text("对不起，没帮到您。请写一句哪里没解决，比如：不满意 没说去哪里投诉。会由另一位老师复核。")
    after.object_(ctx.db, ctx.cipher, row.id, ctx.openid, reason, ctx.now, Rules.of(ctx.settings))
    return Text(f"记下了，{row.number} 会由另一位老师复核，{_due(ctx, row, 'reply')}前再答复您。")


@router.pattern(rf"(?:追问|再问){BETWEEN}{NUMBER}{BETWEEN}(?P<text>[\s\S]*)")
def ask_on(ctx: Context) -> Reply | None:
    row = _meant(ctx, ctx.args["number"], ("answered", "closed"))
    if row is None:
        return None
    text = as_typed(ctx, str(ctx.args["text"] or ""))
    after.ask_on(ctx.db, ctx.cipher, row.id, ctx.openid, text, ctx.now, Rules.of(ctx.settings))
    return Text(f"已接着 {row.number} 问下去，{_due(ctx, row, 'reply')}前答复。")


@router.pattern(rf"(?:我要)?(?:撤回|取消|撤销)(?:提问|问题){BETWEEN}{NUMBER}")
def withdraw(ctx: Context) -> Reply | None:
    rows = _all_meant(ctx, ctx.args["number"], WAITING + ("merged",))
    if not rows:
        return Text(f"没有可以撤回的提问。回复 {choice_link('我的提问')} 查看。")
    if len(rows) > 1:
        ctx.session.expect(
            [Choice(row.number, "voice.withdraw", {"number": row.number}, [row.number]) for row in rows[:PAGE]]
        )
        lines = [f"{number}. {choice_link(row.number)}（{kind_of(row)}）" for number, row in enumerate(rows[:PAGE], 1)]
        return Text("您要撤回哪一个？\n" + "\n".join(lines))
    return _withdrawn(ctx, rows[0])


@router.intent("voice.withdraw")
def withdraw_this(ctx: Context) -> Reply:
    return _withdrawn(ctx, _all_meant(ctx, str(ctx.args["number"]), WAITING + ("merged",))[0])


def _withdrawn(ctx: Context, row: Question) -> Reply:
    after.withdraw(ctx.db, row.id, ctx.openid, ctx.now, Rules.of(ctx.settings))
    return Text(f"{row.number} 已撤回，老师不会再看。还想说，随时回复 {choice_link('我要提问')}。")


def _meant(ctx: Context, number: str | None, states: Sequence[str]) -> Question | None:
    """The one with this number; without, the one that waits for the asker, else the newest."""
    rows = _all_meant(ctx, number, states)
    return next((row for row in rows if row.paused_at is not None), rows[0] if rows else None)


def _all_meant(ctx: Context, number: str | None, states: Sequence[str]) -> list[Question]:
    rows = [row for row in asking.mine(ctx.db, ctx.openid, asking.MOST_WAITING * 2) if row.state in states]
    return [row for row in rows if row.number == f"Q{number.lstrip('Qq')}"] if number else rows
