"""What a call taught us about a follower: a window used or shut, a consent used or gone, no longer following."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.services import notice_consents
from bot.services.reach import CLICKS_PER_WINDOW, MESSAGES_PER_WINDOW
from bot.storage.models import Follower


class Effect:
    """Written in the transaction that settles the row."""

    def apply(self, db: Session, now: datetime) -> None:
        raise NotImplementedError


@dataclass(frozen=True)
class NoticeUsed(Effect):
    """One consent is one notice, unless it is a lasting one. ``key``: of the try that sent it."""

    openid: str
    template_id: str
    key: str
    lasting: bool = False

    def apply(self, db: Session, now: datetime) -> None:
        notice_consents.used(db, self.openid, self.template_id, f"used:{self.key}", now, lasting=self.lasting)


@dataclass(frozen=True)
class NoConsent(Effect):
    """WeChat counts none left, whatever we counted."""

    openid: str
    template_id: str
    key: str

    def apply(self, db: Session, now: datetime) -> None:
        key = f"gone:{self.key}"
        notice_consents.gone(db, self.openid, self.template_id, "unknown_to_wechat", key, now)


@dataclass(frozen=True)
class WindowUsed(Effect):
    """One message of the window that ``opened_at`` opened; if the follower spoke since, the new window is untouched."""

    openid: str
    by_message: bool
    opened_at: datetime

    def apply(self, db: Session, now: datetime) -> None:
        follower = update(Follower).where(Follower.openid == self.openid)
        if self.by_message:
            same = follower.where(Follower.last_message_at == self.opened_at)
            db.execute(same.values(message_used=Follower.message_used + 1))
        else:
            same = follower.where(Follower.last_click_at == self.opened_at)
            db.execute(same.values(click_used=Follower.click_used + 1))


@dataclass(frozen=True)
class WindowsShut(Effect):
    """WeChat says that nothing more may be said, whatever we counted; what the follower opened since stays open."""

    openid: str
    message_at: datetime | None
    click_at: datetime | None

    def apply(self, db: Session, now: datetime) -> None:
        follower = update(Follower).where(Follower.openid == self.openid)
        if self.message_at:
            same = follower.where(Follower.last_message_at == self.message_at)
            db.execute(same.values(message_used=MESSAGES_PER_WINDOW))
        if self.click_at:
            same = follower.where(Follower.last_click_at == self.click_at)
            db.execute(same.values(click_used=CLICKS_PER_WINDOW))


@dataclass(frozen=True)
class Unfollowed(Effect):
    """WeChat says they left; nobody who followed again meanwhile is marked."""

    openid: str
    followed_at: datetime | None

    def apply(self, db: Session, now: datetime) -> None:
        same = update(Follower).where(Follower.openid == self.openid, Follower.followed_at == self.followed_at)
        db.execute(same.values(followed=False, unfollowed_at=now, last_message_at=None, last_click_at=None))
