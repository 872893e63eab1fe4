"""Notices about questions to 青年之声: to the asker each step, to staff what waits for them and until when.

Words of a question are in no notice to staff: they are read by 看 Q…, which is noted for private ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.language.dates import moment
from bot.services.questions import experts, pictures, promises
from bot.services.questions.states import WAITING, called
from bot.storage.crypto import Cipher
from bot.storage.models import ProblemList, Question, QuestionClock, QuestionEntry, QuestionPicture

NAME = "questions"
Ids = Mapping[str, Any]


def _row(db: Session, ids: Ids) -> Question:
    return db.get_one(Question, int(ids["question_id"]))


def _about(row: Question) -> str:
    return f"{row.number}（{called(row)}{'，不公开' if row.is_private else ''}）"


def _until(db: Session, row: Question, kind: promises.Kind, zone: ZoneInfo) -> str:
    due = promises.due(db, row, kind)
    return moment(due, zone) if due is not None else ""


def _words(cipher: Cipher, db: Session, ids: Ids) -> str:
    entry = db.get_one(QuestionEntry, int(ids["entry_id"]))
    return cipher.decrypt(entry.text_encrypted) if entry.text_encrypted else ""


# -- to the asker --------------------------------------------------------------------------------------


def _accepted(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if row.state != "accepted":
        return None
    title = experts.title_of(db, row)
    who = f"转给{title}" if title else "正在安排老师"
    return f"{row.number} 已审核通过，{who}，最晚{_until(db, row, 'reply', zone)}前答复您。想补充请回复 补充 加内容。"


def _wanted(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if row.paused_at is None:
        return None
    return (
        f"{row.number} 老师想再了解一下：{_words(cipher, db, ids)}\n"
        "请回复 补充 加内容，也可以发图片。收到之前先停表，答复时间顺延。"
    )


def _answered(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if row.state != "answered":
        return None
    return (
        f"{row.number} 的答复来了：\n{_words(cipher, db, ids)}\n——\n"
        "有帮助请回复 满意；没解决请回复 不满意 加原因，会由另一位老师复核；还想问请回复 追问 加内容。"
    )


def _ended(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if row.state == "transferred":
        why = f"：{row.reason}" if row.reason else "。"
        return f"{row.number} 已转给 {row.transferred_to} 办理{why}\n有新的情况可以再提问。"
    if row.state == "declined":
        return f"{row.number} 这次没有受理：{row.reason}\n有新的情况可以再提问，或回复 人工。"
    return None


def _merged(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if row.state != "merged":
        return None
    return f"{row.number} 和另一位朋友问的是同一件事，会一起答复，最晚{_until(db, row, 'reply', zone)}前。您的内容不会给对方看。"


# -- to staff ------------------------------------------------------------------------------------------


def _submitted(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if row.state != "submitted":
        return None
    minor = "，提问人未成年" if row.is_minor else ""
    if row.alert_id is not None:
        return (
            f"【紧急】{_about(row)} 来自警报 J{row.alert_id}，值班老师先接；之后请在{_until(db, row, 'review', zone)}前审核跟进。\n"
            f"看内容回复 看 {row.number}；受理回复 受理 {row.number}。疑似未成年人受侵害要马上报告公安（未成年人保护法第十一条）。"
        )
    return (
        f"【青年之声】新提问 {_about(row)}{minor}，请在{_until(db, row, 'review', zone)}前审核。\n"
        f"看内容回复 看 {row.number}；受理回复 受理 {row.number}；不受理回复 不受理 {row.number} 加原因和去处。"
    )


def _review_soon(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if row.state != "submitted" or row.paused_at is not None:
        return None
    return f"【青年之声】{_about(row)} 还没审核，时限是{_until(db, row, 'review', zone)}。回复 看 {row.number}。"


def _reply_soon(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if row.state not in WAITING or row.paused_at is not None:
        return None
    return f"【青年之声】{_about(row)} 还没答复，时限是{_until(db, row, 'reply', zone)}。回复 看 {row.number}。"


def _overdue(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row, clock = _row(db, ids), db.get_one(QuestionClock, int(ids["clock_id"]))
    if clock.stopped_at is not None or row.paused_at is not None:
        return None
    what = "审核" if clock.kind == "review" else "答复"
    who = f"，现在由{experts.title_of(db, row)}负责" if row.assignee_id else "，还没有人负责"
    return f"【超时】{_about(row)} 应在{moment(clock.due_at, zone)}前{what}{who}。请马上处理：看 {row.number}"


def _assigned(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if row.state != "accepted" or row.assignee_id != int(ids["assignee_id"]):
        return None
    return (
        f"【青年之声】{_about(row)} 请您答复，最晚{_until(db, row, 'reply', zone)}前。\n"
        f"看内容回复 看 {row.number}；写答复回复 答 {row.number} 加内容（另一位老师看过后发给提问人）；"
        f"要对方补充回复 要材料 {row.number} 加问题。"
    )


def _unassigned(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if row.state != "accepted" or row.assignee_id is not None:
        return None
    return (
        f"【青年之声】{_about(row)} 没有合适的专家（都不在、都答过，或没有登记这个方向）。\n"
        f"请回复 派给 {row.number} 加登录名；增加专家：python -m bot expert add"
    )


def _more(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if row.state not in WAITING:
        return None
    return f"【青年之声】{_about(row)} 提问人有补充，回复 看 {row.number}。"


def _withdrawn(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    return f"【青年之声】{row.number} 提问人撤回了，不用再答。" if row.state == "withdrawn" else None


def _drafted(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if row.state != "accepted":
        return None
    return (
        f"【青年之声】{_about(row)} 的答复写好了，等您核对，最晚{_until(db, row, 'reply', zone)}前发出。\n"
        f"看内容回复 看 {row.number}；没问题回复 发 {row.number}；要改回复 退回 {row.number} 加意见。"
    )


def _returned(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if row.state != "accepted":
        return None
    return f"【青年之声】{row.number} 的答复请再改一改：{_words(cipher, db, ids)}\n改好回复 答 {row.number} 加内容。"


def _list_built(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = db.get_one(ProblemList, int(ids["list_id"]))
    if row.state != "draft":
        return None
    return (
        f"【问题清单】{row.month} 的草稿好了，共{len(row.items)}条，已去掉个人信息。\n"
        f"请逐条看一遍：清单 {row.month} 1；没问题回复 清单通过 1，不公布回复 清单去掉 1；全部看完后审核员回复 签发清单 {row.month}。"
    )


def _list_article(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = db.get_one(ProblemList, int(ids["list_id"]))
    if row.article == "failed":
        return f"【问题清单】{row.month} 的清单没能放进公众号后台的草稿箱，请从网页 /problems/{row.month} 复制，或请运维看日志。"
    return (
        f"【问题清单】{row.month} 的草稿已放进公众号后台，请在草稿箱里看一遍、换张封面再发表。\n"
        "没有人点发表，就不会发给任何人。"
    )


def _picture_failed(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row, picture = _row(db, ids), db.get(QuestionPicture, int(ids["picture_id"]))
    if picture is None or picture.state != "failed" or row.state not in WAITING:
        return None
    return (
        f"【青年之声】{_about(row)} 提问人发来的一张图片没有取到：{pictures.PROBLEMS[picture.problem]}。\n"
        f"三天内可以到公众号后台的消息里看；请对方重发，回复 要材料 {row.number} 加一句话。"
    )


def _pictures_full(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if not any(one.problem == "quota" and one.state == "wanted" for one in pictures.of_question(db, row.id)):
        return None
    return (
        f"【青年之声】提问里的图片存满了，{row.number} 的图片还留在微信。\n"
        "请运维把 config.yaml 的 voice.pictures_mb 调大，两天内会自己补取；这期间可以到公众号后台的消息里看。"
    )


def _objected(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if row.state != "accepted":
        return None
    return f"【青年之声】{_about(row)} 提问人不满意，已换一位老师复核。回复 看 {row.number} 查看原因。"


NOTICES: dict[str, Callable[..., str | None]] = {
    "accepted": _accepted, "wanted": _wanted, "answered": _answered, "ended": _ended, "merged": _merged,
    "submitted": _submitted, "review_soon": _review_soon, "reply_soon": _reply_soon, "overdue": _overdue,
    "assigned": _assigned, "unassigned": _unassigned, "more": _more, "withdrawn": _withdrawn, "drafted": _drafted,
    "list_built": _list_built, "returned": _returned, "objected": _objected,
    "list_article": _list_article, "picture_failed": _picture_failed, "pictures_full": _pictures_full,
}  # fmt: skip
