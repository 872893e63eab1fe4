"""Volunteers, guardians and their consent, agreements, suspensions, courses, and what a person asked us to forget."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.storage.models.base import Base
from bot.storage.models.people import Person


class Volunteer(Base):
    """The standing of a registered volunteer (中国注册志愿者管理办法).

    ``state``: applied → registered | refused; registered → left. ``number`` is given when registered. ``vcode`` is the
    number in 志愿汇, whose other columns (education, job, political, e-mail, address) are kept for its export.
    """

    __tablename__ = "volunteers"
    __table_args__ = (UniqueConstraint("number"), UniqueConstraint("vcode"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    number: Mapped[str | None] = mapped_column(String(32))
    vcode: Mapped[str | None] = mapped_column(String(32))
    applied_at: Mapped[datetime]
    registered_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(32), default="")
    left_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(255), default="")
    education: Mapped[str] = mapped_column(String(32), default="")
    job: Mapped[str] = mapped_column(String(64), default="")
    political: Mapped[str] = mapped_column(String(32), default="")
    email_encrypted: Mapped[bytes | None]
    address_encrypted: Mapped[bytes | None]
    person: Mapped[Person] = relationship()


class Guardianship(Base):
    """A minor and the guardian who answers for them; ``state``: asked → active → withdrawn, or lapsed.

    While asked, ``code_hash`` is the keyed hash of the code that the guardian sends, good until ``code_until``.
    """

    __tablename__ = "guardianships"
    __table_args__ = (
        Index(
            "uq_guardianships_active", "minor_id", "guardian_id", unique=True,
            sqlite_where=text("state = 'active'"), postgresql_where=text("state = 'active'"),
        ),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(primary_key=True)
    minor_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    relation: Mapped[str] = mapped_column(String(16), default="")
    state: Mapped[str] = mapped_column(String(16))
    code_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    code_until: Mapped[datetime | None]
    asked_at: Mapped[datetime]
    active_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    minor: Mapped[Person] = relationship(foreign_keys=[minor_id])
    guardian: Mapped[Person | None] = relationship(foreign_keys=[guardian_id])


class Erasure(Base):
    """A person asked to be forgotten; done after ten days unless withdrawn (PIPL 47)."""

    __tablename__ = "erasures"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    openid: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    withdrawn_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class Agreement(Base):
    """The written agreement of one person for one activity (浙江省志愿服务条例 第21条); ``how``: chat or paper."""

    __tablename__ = "agreements"
    __table_args__ = (UniqueConstraint("activity_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activities.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    how: Mapped[str] = mapped_column(String(16))
    text_version: Mapped[str] = mapped_column(String(32))
    signed_at: Mapped[datetime]
    entered_by: Mapped[str] = mapped_column(String(32), default="")


class Suspension(Base):
    """A person may not sign up until ``until``; the reason is told to them, with how to object."""

    __tablename__ = "suspensions"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(255))
    entered_by: Mapped[str] = mapped_column(String(32))
    lifted_at: Mapped[datetime | None]


class Course(Base):
    """Something to be learnt before some roles (67号令 第8条): its name is how shifts require it."""

    __tablename__ = "courses"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    required: Mapped[bool] = mapped_column(default=False)
    minutes: Mapped[int] = mapped_column(default=0)
    content: Mapped[str] = mapped_column(Text, default="")


class Completion(Base):
    """One person completed one course; ``skills`` of the course are not copied, they follow from it."""

    __tablename__ = "completions"
    __table_args__ = (UniqueConstraint("course_id", "person_id", "completed_on"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    completed_on: Mapped[date]
    organiser: Mapped[str] = mapped_column(String(64), default="")
    entered_by: Mapped[str] = mapped_column(String(32))
    course: Mapped[Course] = relationship()


class Document(Base):
    """A file made for one follower, fetched by a link that lives for a day: a data export, a certificate.

    ``token_hash`` is the hash of the link's secret; ``openid`` is who may open it (empty: whoever has the link).
    """

    __tablename__ = "documents"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    openid: Mapped[str] = mapped_column(String(64), default="")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    filename: Mapped[str] = mapped_column(String(128))
    media_type: Mapped[str] = mapped_column(String(64))
    content_encrypted: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    opened_at: Mapped[datetime | None]
