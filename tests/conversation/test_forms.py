"""Forms: asked one by one, what is known is skipped, back, out, edit, and questions in between."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from bot.conversation.forms import Field, Form, Forms, Unclear
from bot.conversation.session import Session
from bot.wechat.replies import Text


def digits(text: str) -> str:
    if not text.isdigit():
        raise Unclear("请发数字")
    return text


FORMS = Forms(
    (
        Form(
            name="order",
            fields=(
                Field("name", "叫什么？", str),
                Field("age", "几岁？", digits, known=lambda ctx: ctx.known_age),
            ),
            summary=lambda ctx, values: f"{values['name']} {values['age']} 对吗？",
            done=lambda ctx, values: Text(f"记下了 {values['name']} {values['age']}"),
            left="退出了",
        ),
    )
)


class Talk:
    """Types into one form; ``understood`` is what the text would mean elsewhere."""

    def __init__(self, known_age: str | None = None) -> None:
        self.session = Session()
        self.known_age = known_age
        self.first = self.text_of(FORMS.start(self.ctx(""), "order", {}))

    def ctx(self, text: str, understood: str = "none") -> Any:
        return SimpleNamespace(
            text=text,
            session=self.session,
            known_age=self.known_age,
            understanding=SimpleNamespace(decision=understood),
        )

    def type(self, text: str, understood: str = "none") -> str | None:
        reply = FORMS.step(self.ctx(text, understood))
        return None if reply is None else self.text_of(reply)

    @staticmethod
    def text_of(reply: Any) -> str:
        assert isinstance(reply, Text)
        return reply.content


def test_fields_are_asked_one_by_one_and_confirmed() -> None:
    talk = Talk()
    assert talk.first == "叫什么？"
    assert talk.type("小青") == "几岁？"
    assert talk.type("十八") == "请发数字"
    assert talk.type("18") == "小青 18 对吗？"
    assert talk.type("好的") == "记下了 小青 18"
    assert talk.session.form is None


def test_what_is_known_is_not_asked() -> None:
    talk = Talk(known_age="30")
    assert talk.type("小青") == "小青 30 对吗？"


def test_back_asks_the_field_before_again() -> None:
    talk = Talk()
    talk.type("小青")
    assert talk.type("返回") == "叫什么？"
    assert talk.type("返回") == "叫什么？"
    assert talk.type("小红") == "几岁？"
    assert talk.type("18") == "小红 18 对吗？"
    assert talk.type("返回") == "几岁？"


def test_edit_asks_everything_anew_also_what_was_known() -> None:
    talk = Talk(known_age="30")
    talk.type("小青")
    assert talk.type("修改") == "叫什么？"
    assert talk.type("小红") == "几岁？"


def test_leaving_submits_nothing() -> None:
    talk = Talk()
    assert talk.type("取消") == "退出了"
    assert talk.session.form is None
    talk = Talk(known_age="1")
    talk.type("小青")
    assert talk.type("不") == "退出了"


def test_a_question_in_between_goes_on_to_others_and_the_form_stays() -> None:
    talk = Talk()
    talk.type("小青")
    assert talk.type("有保险吗", understood="answer") is None
    assert talk.session.form is not None
    assert FORMS.reminder(talk.ctx("")) == "——\n刚才的还没填完：几岁？"
    assert talk.type("18") == "小青 18 对吗？"
    assert talk.type("几点集合", understood="answer") is None
    assert "确认" in FORMS.reminder(talk.ctx(""))


def test_a_form_that_no_longer_exists_says_so() -> None:
    talk = Talk()
    assert talk.session.form is not None
    talk.session.form.name = "gone"
    assert talk.type("小青") == "刚才的填写已经过期，请重新开始。"
    assert talk.session.form is None
