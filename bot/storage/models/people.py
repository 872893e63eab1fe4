"""Followers, the persons they are, what they agreed to, and staff."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.storage.models.base import Base

if TYPE_CHECKING:
    from bot.storage.models.alerts import Alert
    from bot.storage.models.conversations import Conversation


class Person(Base):
    """A human being. Phone and identity numbers are encrypted; keyed hashes find them again.

    Only the name and the phone are asked for at first; the rest when a shift needs it. ``id_type``: id_card, hk_macau,
    taiwan, passport, residence. A record that turned out to be another's twin points to it by ``merged_into`` and is
    in nobody's use; rows that are never changed (ledger, points, events) still point to it. ``erased_at``: what was
    personal is gone.
    """

    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), default="")
    phone_encrypted: Mapped[bytes | None]
    phone_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    gender: Mapped[str] = mapped_column(String(8), default="")
    birth_date: Mapped[date | None]
    id_type: Mapped[str] = mapped_column(String(16), default="")
    id_encrypted: Mapped[bytes | None]
    id_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    area: Mapped[str] = mapped_column(String(32), default="")
    skills: Mapped[list[str]] = mapped_column(JSON, default=list)
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    erased_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Follower(Base):
    """A WeChat account that follows or followed us.

    ``last_message_at`` opens the 48-hour customer-service window (5 messages), ``last_click_at`` the
    one-minute window (3); ``*_used`` count what we sent in each (platform §3.3). ``reminders`` and ``broadcasts``:
    whether they wish to be told so; what concerns a registration of theirs cannot be refused.
    """

    __tablename__ = "followers"
    openid: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    followed: Mapped[bool] = mapped_column(default=True)
    followed_at: Mapped[datetime] = mapped_column(index=True)
    unfollowed_at: Mapped[datetime | None] = mapped_column(index=True)
    first_scene: Mapped[str] = mapped_column(String(64), default="")
    last_message_at: Mapped[datetime | None]
    message_used: Mapped[int] = mapped_column(default=0)
    last_click_at: Mapped[datetime | None]
    click_used: Mapped[int] = mapped_column(default=0)
    reminders: Mapped[bool] = mapped_column(default=True)
    broadcasts: Mapped[bool] = mapped_column(default=True)
    person: Mapped[Person | None] = relationship()
    open_alert: Mapped[Alert | None] = relationship(
        primaryjoin="and_(Follower.openid == foreign(Alert.openid), Alert.closed_at.is_(None))", viewonly=True
    )
    conversation: Mapped[Conversation | None] = relationship(
        primaryjoin="and_(Follower.openid == foreign(Conversation.openid), Conversation.state != 'ended')",
        viewonly=True,
    )
    """With a person, waiting or open: while there is one the program keeps silent."""


class Consent(Base):
    """One purpose a person agreed to, with the version of the text they saw (PIPL 14–17).

    ``given_by``: the guardian who agreed for a minor. ``purpose``: sign_up, register, place, insurer,
    zhiyuanhui, photos.
    """

    __tablename__ = "consents"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(32))
    text_version: Mapped[str] = mapped_column(String(32))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    given_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class NoticeConsent(Base):
    """How many subscribe notices of a template a follower still accepts (counted from WeChat's events)."""

    __tablename__ = "notice_consents"
    openid: Mapped[str] = mapped_column(String(64), primary_key=True)
    template_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    remaining: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime]


class NoticeConsentEvent(Base):
    """Every change of a consent, only ever added: what WeChat reported, what was used up, what WeChat did not know.

    ``source``: opening, popup, change, sent, used, unknown_to_wechat. ``key``: of the push that told it, once only.
    """

    __tablename__ = "notice_consent_events"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(128), unique=True)
    openid: Mapped[str] = mapped_column(String(64), index=True)
    template_id: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(24))
    change: Mapped[int]
    at: Mapped[datetime]


class Staff(Base):
    """Someone with a console login; ``openid`` binds the WeChat account that may give commands in chat.

    ``bind_hash`` is the keyed hash of the code that binds it, good until ``bind_until``. ``on_duty``: woken by alerts.
    ``totp_encrypted``: the secret of a second factor; ``totp_step``: the half minute of the last code that let somebody
    in, since 1970, so that none does twice. ``wanted``: what one administrator asked for about this account (role,
    enable, password, factor) until another agrees. ``disabled_at``: may neither log in nor command any more.
    """

    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("username"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64), default="")
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(32))
    openid: Mapped[str | None] = mapped_column(String(64), index=True, unique=True)
    bound_at: Mapped[datetime | None]
    bind_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    bind_until: Mapped[datetime | None]
    on_duty: Mapped[bool] = mapped_column(default=False)
    totp_encrypted: Mapped[bytes | None]
    totp_step: Mapped[int | None]
    wanted: Mapped[str] = mapped_column(String(16), default="")
    wanted_by: Mapped[int | None]
    wanted_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class SignIn(Base):
    """One attempt to log in at the console, only ever added: it limits guessing and says who was in.

    ``outcome``: in, scanned, password, code, limited, disabled. ``address`` is the visitor's IP
    (网络安全法 art. 21: such logs are kept for six months at least).
    """

    __tablename__ = "sign_ins"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    username: Mapped[str] = mapped_column(String(64), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    address: Mapped[str] = mapped_column(String(64), index=True)
    outcome: Mapped[str] = mapped_column(String(16))


class LoginRequest(Base):
    """A browser that wishes to log in by WeChat: its code is shown there, sent in chat, and confirmed in chat.

    ``browser_hash``: of the secret in that browser's session; nobody else can use it. ``staff_id``: who sent the code.
    Good until ``expires_at``, once (``used_at``); cleared away after a day, the sign-in stays.
    """

    __tablename__ = "login_requests"
    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    browser_hash: Mapped[str] = mapped_column(String(64), index=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    confirmed_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
