"""青年之声: 我要提问, 老板拖欠工资; a window is guessed, what to write is asked, and two deadlines are told."""

from __future__ import annotations

import re

from bot.conversation.context import Context
from bot.conversation.forms import Field, Form, Forms, Unclear, Values
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language import screening
from bot.services import abuse, ages
from bot.services.questions import asking
from bot.services.questions.states import ALWAYS_PRIVATE, WINDOWS, called
from bot.services.rules import Rules
from bot.storage.models import Question
from bot.wechat.replies import Reply, Text, choice_link
from handlers.contact import follower
from handlers.voice_words import until

router = Router("voice")
during = Router("voice_during")

TOLD = 6
"""So many characters say something already; fewer are only the wish to ask."""
PROMPTS = {
    "rights": "请写：什么单位、从什么时候开始、多久了、涉及多少钱、有没有合同或聊天记录。可先写能说的，不写名字也行。",
    "league": "请写：哪个学校或团组织、想问什么。几句话就行，不写名字也行。",
    "law": "请写：发生了什么、什么时候、对方是谁、您想怎么办。不写名字也行。",
    "mind": "想说什么都可以，慢慢写：多久了、最近怎么样、希望我们怎么帮。不写名字也行，只有办理的老师能看到。",
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


def guess(text: str) -> str:
    """The topic that the words point to; rights when nothing does: that window is private."""
    return next((topic for topic, words in GUESSES if re.search(words, text)), "rights")


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
    private = "默认不公开" if topic in ALWAYS_PRIVATE else "公布问题清单时会去掉个人信息"
    others = "、".join(name for key, name in WINDOWS.items() if key != topic)
    return Text(
        f"我帮您登记到青年之声【{WINDOWS[topic]}】（{private}）。{asked.content}\n不是这一类？回复 换成 加 {others}。不提了回复 取消。"
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
    said = found["window"].removesuffix("咨询") if found else "？"
    return next((topic for topic, name in WINDOWS.items() if name.startswith(said)), None)


def _asked(ctx: Context, topic: str, values: Values) -> Reply:
    text = "\n".join(part for part in (str(values.get("first", "")), str(values["text"])) if part)
    similar = ctx.understand(str(values["text"]), ctx.now)
    if topic not in ALWAYS_PRIVATE and similar.decision == "answer":
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
    filed = asking.ask(
        ctx.db, ctx.cipher, ctx.openid, topic, text, ctx.now, rules,
        is_minor=ages.on(today, born) < ages.ADULT if born else None,
    )  # fmt: skip
    return Text(
        f"已受理 {filed.number}（{called(filed)}{'，不公开' if filed.is_private else ''}）。"
        f"{until(ctx, filed, 'review')}前完成审核，{until(ctx, filed, 'reply')}前答复。\n"
        f"{_masked_later(ctx, filed, text)}{_meanwhile(ctx, topic)}\n要补充请回复 补充 加内容，也可以接着发图片；看进展回复 {choice_link('我的提问')}。"
    )


def _masked_later(ctx: Context, filed: Question, text: str) -> str:
    """Nobody's question is turned away for a number in it; who wrote it hears who will read it."""
    found = screening.screen(text, abuse.words(ctx.settings))
    if not found:
        return ""
    after = "" if filed.is_private else "，公布问题清单时会遮住"
    return f"您写的{screening.named(found)}只有办理的老师看得到{after}。\n"


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
