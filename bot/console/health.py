"""Whether the account can work: findings, what stands still, rights and quotas, timers, backups; and the settings."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from bot.console import health_logs, health_unsent
from bot.console.desk import Desk
from bot.console.health_unsent import KINDS, STATES
from bot.services import desk_health
from bot.services.announcements import TEMPLATE_OF
from bot.services.reach import RIGHTS
from bot.settings_shown import described

ACCOUNTS = {
    "verified_service": "已认证服务号", "verified_subscription": "已认证订阅号", "unverified": "未认证公众号",
}  # fmt: skip
RIGHT_NAMES = {"subscribe": "订阅通知", "template": "模板消息", "custom": "客服消息", "mass": "群发"}
ALERT_KINDS = {"mind": "情绪危机", "medical": "急病或受伤", "fire": "火灾、溺水", "violence": "被伤害"}
ADVICE = {
    "unreached": "没有可用的通道；对方下次来消息会看到。急事请打电话：python -m bot export unreached 列出名单。",
    "failed": "微信拒收，不会自己重发；点次数，可以一条一条再发。",
    "unknown": "微信没有回话，怕重复没有再发。",
    "expired": "到期还发不出去，对方已经用不着了。",
}
BACKUPS = 10


def add(desk: Desk) -> None:
    desk.section("health", "设置与体检", "activity", may="settings.see")
    chosen = desk.settings

    @desk.get("/health", may="settings.see")
    def health(db: Session) -> Any:
        now = desk.now()
        return desk.page(
            "health.html", checked=desk.last_check(),
            stopped=desk_health.stopped(db, now), alerts=desk_health.open_alerts(db), kinds=ALERT_KINDS,
            reach=desk_health.reachable(db, now, chosen.wechat.account), account=ACCOUNTS[chosen.wechat.account],
            rights=[(RIGHT_NAMES[name], name in RIGHTS[chosen.wechat.account]) for name in RIGHT_NAMES],
            templates=chosen.push.templates, template_of=TEMPLATE_OF, template_names=KINDS,
            leases=desk_health.leases(db), backups=backups(chosen.data_dir / "backups"),
        )  # fmt: skip

    @desk.get("/health/findings", may="settings.see")
    def health_findings(_db: Session) -> Any:
        """Asked for once the page stands: reading the whole library takes a moment."""
        findings = desk.examine()
        return desk.page("health_findings.html", findings=findings, wrong=sum(not each.ok for each in findings))

    @desk.get("/health/settings", may="settings.see")
    def health_settings(db: Session) -> Any:
        wanted, changed = request.args.get("q", "").strip().casefold(), "changed" in request.args
        found = [
            each for each in described(chosen)
            if wanted in f"{each.name} {each.value}".casefold() and (not changed or each.source != "默认值")
        ]  # fmt: skip
        return desk.page("health_settings.html", found=found, wanted=wanted, changed=changed)

    @desk.get("/health/pushes", may="settings.see")
    def health_pushes(db: Session) -> Any:
        now = desk.now()
        return desk.page(
            "health_pushes.html", counts=desk_health.pushes(db, now), failures=desk_health.failures(db, now),
            states=STATES, kinds=KINDS, advice=ADVICE, days=desk_health.RECENT.days,
        )  # fmt: skip

    health_unsent.add(desk)
    health_logs.add(desk)


def backups(folder: Path) -> list[tuple[str, int, datetime]]:
    """Name, bytes and time of the copies that are there, newest first."""
    try:
        found = [(path.name, path.stat()) for path in folder.iterdir() if path.is_file() and path.name[:1] != "."]
    except OSError:
        return []
    rows = [(name, stat.st_size, datetime.fromtimestamp(stat.st_mtime, timezone.utc)) for name, stat in found]
    return sorted(rows, key=lambda row: row[2], reverse=True)[:BACKUPS]
