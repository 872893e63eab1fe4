"""A broadcast in words, for those who write, decide and hold it up: in chat and at the console alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.language.dates import moment
from bot.services import actors, audiences, broadcast_reports, mass_quotas, reach
from bot.services.broadcasts import activity_of
from bot.services.rules import Rules
from bot.settings import PushTemplate, Settings
from bot.storage.models import Broadcast

STATES = {
    "draft": "草稿", "submitted": "待审核", "approved": "已通过，等时间到", "sending": "正在发送", "paused": "已暂停",
    "done": "已发完", "stopped": "已停止",
}  # fmt: skip
CHANNELS = {
    "auto": "自动选择", "mass": "群发", "article": "图文", "notice": "订阅通知", "custom": "客服消息",
}  # fmt: skip
WAYS = {"subscribe": "订阅通知", "template": "模板消息", "custom": "客服消息", "mass": "群发"}
PERIODS = {"day": "今天", "month": "本月"}
STEPS = {
    "draft": "在手机上看回复 群发预览 {id}，看过再回复 提交群发 {id}。",
    "submitted": "看样子回复 群发预览 {id}。另一位审核员同意回复 同意群发 {id}，不同意回复 退回群发 {id} 原因。",
    "approved": "到时间自动开始。先不发回复 暂停群发 {id}，不发了回复 停止群发 {id}。",
    "sending": "先停一下回复 暂停群发 {id}，不发了回复 停止群发 {id}。",
    "paused": "接着发回复 继续群发 {id}，不发了回复 停止群发 {id}。",
    "done": "",
    "stopped": "",
}


def line(broadcast: Broadcast) -> str:
    """``3 周末去江边（待审核）``."""
    return f"{broadcast.id} {broadcast.title}（{STATES[broadcast.state]}）"


def card(db: Session, broadcast: Broadcast, now: datetime, settings: Settings) -> list[str]:
    """All there is to know before deciding; of one that has begun, what became of it."""
    said = [f"{name}：{text}" for name, text in facts(db, broadcast, now, settings)]
    return [f"群发 {line(broadcast)}", *said, *_figures(db, broadcast, now, settings)]


def facts(db: Session, it: Broadcast, now: datetime, settings: Settings) -> list[tuple[str, str]]:
    """Names and texts of what is known of it, in the order in which one reads."""
    zone, activity = ZoneInfo(settings.organisation.timezone), activity_of(db, it)
    known = (
        ("正文", it.body),
        ("活动", f"{activity.code} {activity.title}" if activity is not None else ""),
        ("链接", it.link),
        ("图片", it.picture.rpartition("/")[2]),
        ("发给", _audience(db, it, now, settings)),
        ("方式", CHANNELS[it.channel]),
        ("作者", actors.name(db, it.author)),
        ("审核", _decision(db, it, zone)),
        ("开始", _when(it, zone)),
        ("问题", it.error),
    )
    return [(name, text) for name, text in known if text]


def step(broadcast: Broadcast) -> str:
    return STEPS[broadcast.state].format(id=broadcast.id)


def reachable(db: Session, broadcast: Broadcast, now: datetime, settings: Settings) -> str:
    """此刻可触达 120 人（群发 120），其余 30 人将在下次互动时送达。"""
    meant = audiences.select_openids(db, broadcast.audience, now, rules=Rules.of(settings))
    template, account = settings.push.templates.get("broadcast", PushTemplate()), settings.wechat.account
    return at_once(reach.counted(db, meant, now, account, template, _ways(db, broadcast, now, account)))


def at_once(found: reach.Reach) -> str:
    """What is said before anything is sent: 此刻可触达 12 人（客服消息 10、订阅通知 2），其余 3 人将……"""
    if not found.now + found.later:
        return "这次没有要送达的人。"
    by = "、".join(f"{WAYS[way]} {many}" for way, many in found.by_channel.items())
    said = f"此刻可触达 {found.now} 人" + (f"（{by}）" if by else "")
    return said + (f"，其余 {found.later} 人将在下次互动时送达。" if found.later else "，全部能马上送达。")


def figures(report: broadcast_reports.Report) -> Sequence[str]:
    """The report in words, with the rule by which each number is counted."""
    said = report.states
    left = [f"还没发到 {said['due']} 人"] if said["due"] else []
    stopped = [f"停止后没有发 {said['stopped']} 人"] if said["stopped"] else []
    found = [
        f"发给 {report.size if report.size is not None else sum(said.values())} 人",
        f"发出 {report.told} 人，其中微信确认送达 {said['delivered']} 人",
        f"拒收 {said['refused']} 人，失败 {said['failed']} 人，结果不明 {said['unknown']} 人",
        f"暂时发不到 {said['unreached']} 人（下次互动时送达）",
        *left,
        *stopped,
        f"点开链接 {report.clicks} 人，另有不记名打开 {report.visits} 次",
    ]
    if report.sign_ups is not None:
        found.append(f"带来报名 {report.sign_ups} 人（开始发送后7天内，收到的人报了这场活动，后来取消的也算）")
    found.append(f"取消关注 {report.unfollows} 人（开始发送后48小时内，收到的人）")
    if report.by_wechat is not None:
        counts = report.by_wechat
        found.append(f"微信的回执：共{counts.total}，过滤后{counts.filtered}，成功{counts.sent}，失败{counts.errors}")
    return found


def _ways(db: Session, it: Broadcast, now: datetime, account: str) -> Sequence[reach.Channel]:
    """As bot/push/broadcasts_routes.py chooses: a service account has lists at any time, others a call a day."""
    if it.channel in ("custom", "notice"):
        return ("custom",) if it.channel == "custom" else ("subscribe",)
    by_mass = it.channel == "mass" or account == "verified_service" or mass_quotas.left(db, now, account).calls > 0
    return ("mass", *reach.BROADCAST) if by_mass and it.channel != "article" else reach.BROADCAST


def quota(db: Session, now: datetime, settings: Settings) -> str:
    """全员群发本月还剩 3 次（共4次），4月1日（周三）00:00重新计算。"""
    left = mass_quotas.left(db, now, settings.wechat.account)
    if not left.most:
        return "这个公众号没有群发权限，只能发给48小时内说过话的人。"
    again = moment(left.until, mass_quotas.BEIJING)
    which = "全员群发" if settings.wechat.account == "verified_service" else "群发"
    said = f"{which}{PERIODS[left.period]}还剩 {left.calls} 次（共{left.most}次），{again}重新计算。"
    if settings.wechat.account == "verified_service":
        said += f"按名单发不占次数，每人每月最多收到{mass_quotas.PER_FOLLOWER}条。"
    return said


def _audience(db: Session, it: Broadcast, now: datetime, settings: Settings) -> str:
    said = audiences.describe(it.audience)
    if it.size is not None:
        before = f"审核时{it.size_submitted}人，" if it.size_submitted is not None else ""
        return f"{said}（{before}实际{it.size}人）"
    size = audiences.size(db, it.audience, now, rules=Rules.of(settings))
    before = f"提交时{it.size_submitted}人，" if it.size_submitted not in (None, size) else ""
    return f"{said}（{before}现在{size}人）"


def _decision(db: Session, it: Broadcast, zone: ZoneInfo) -> str:
    if not it.reviewer or it.reviewed_at is None:
        return ""
    verdict = "退回" if it.review_note else "同意"
    note = f"：{it.review_note}" if it.review_note else ""
    return f"{actors.name(db, it.reviewer)} {moment(it.reviewed_at, zone)}{verdict}{note}"


def _when(it: Broadcast, zone: ZoneInfo) -> str:
    if it.started_at is not None:
        over = f"，{moment(it.finished_at, zone)}发完" if it.finished_at is not None else ""
        return f"{moment(it.started_at, zone)}{over}"
    return f"定在{moment(it.due_at, zone)}" if it.due_at is not None and it.state in ("approved", "paused") else ""


def _figures(db: Session, it: Broadcast, now: datetime, settings: Settings) -> Sequence[str]:
    if it.started_at is not None:
        return figures(broadcast_reports.of(db, it.id))
    if it.state == "stopped":
        return ()
    return reachable(db, it, now, settings), quota(db, now, settings)
