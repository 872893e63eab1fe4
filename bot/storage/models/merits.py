"""What hours earn: points by double entry and what they buy, stars, certificates."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.storage.models.base import Base
from bot.storage.models.people import Person, Staff


class PointsTransaction(Base):
    """One movement of points; its legs sum to zero. ``key`` makes it single. ``kind``: issue, reverse, order, use,
    return, expire, adjust. Never changed."""

    __tablename__ = "points_transactions"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(96), unique=True)
    reason: Mapped[str] = mapped_column(String(255), default="")
    rule_since: Mapped[date]
    entered_by: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    legs: Mapped[list[PointsLeg]] = relationship(
        back_populates="transaction", order_by="PointsLeg.id", foreign_keys="PointsLeg.transaction_id"
    )


class PointsLeg(Base):
    """``amount`` in tenths of a point. ``account``: system:issue, system:expire, system:adjust, user:7,
    escrow:12 (a redemption), merchant:3. ``lot_id``: the issuing transaction these tenths come from, if they expire."""

    __tablename__ = "points_legs"
    __table_args__ = (Index("ix_points_legs_account", "account", "lot_id", "amount"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    transaction_id: Mapped[int] = mapped_column(ForeignKey("points_transactions.id"), index=True)
    account: Mapped[str] = mapped_column(String(32))
    amount: Mapped[int]
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("points_transactions.id"))
    transaction: Mapped[PointsTransaction] = relationship(back_populates="legs", foreign_keys=[transaction_id])


class PointsLot(Base):
    """When the points issued by one transaction expire (NULL: never)."""

    __tablename__ = "points_lots"
    transaction_id: Mapped[int] = mapped_column(ForeignKey("points_transactions.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    expires_at: Mapped[datetime | None] = mapped_column(index=True)


class Reward(Base):
    """Something points buy. ``cost`` in tenths. ``merchant_id``: the staff account that hands it out."""

    __tablename__ = "rewards"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(64))
    about: Mapped[str] = mapped_column(Text, default="")
    cost: Mapped[int]
    stock: Mapped[int]
    per_person_yearly: Mapped[int | None]
    pickup: Mapped[str] = mapped_column(String(128), default="")
    valid_days: Mapped[int] = mapped_column(default=7)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    offered_from: Mapped[datetime | None]
    offered_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    merchant: Mapped[Staff] = relationship()


class Redemption(Base):
    """``state``: ordered → used | cancelled | expired. ``code_hash``: of the one-time code shown at the counter."""

    __tablename__ = "redemptions"
    id: Mapped[int] = mapped_column(primary_key=True)
    reward_id: Mapped[int] = mapped_column(ForeignKey("rewards.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    openid: Mapped[str] = mapped_column(String(64))
    cost: Mapped[int]
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_encrypted: Mapped[bytes]
    state: Mapped[str] = mapped_column(String(16), default="ordered", index=True)
    state_since: Mapped[datetime]
    ordered_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_by: Mapped[str] = mapped_column(String(32), default="")
    reward: Mapped[Reward] = relationship()
    person: Mapped[Person] = relationship()


class StarAward(Base):
    """``state``: applied → announced (公示, until ``announced_until``) → granted | refused. 可申请 is computed.

    ``minutes``: the hours at the time of applying; ``rule_since``: the table of thresholds that counted.
    """

    __tablename__ = "star_awards"
    __table_args__ = (
        Index(
            "uq_star_awards_live", "person_id", "star", unique=True,
            sqlite_where=text("state <> 'refused'"), postgresql_where=text("state <> 'refused'"),
        ),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    star: Mapped[int]
    minutes: Mapped[int]
    rule_since: Mapped[date]
    state: Mapped[str] = mapped_column(String(16), index=True)
    state_since: Mapped[datetime]
    applied_at: Mapped[datetime]
    announced_until: Mapped[datetime | None]
    granted_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(32), default="")
    reason: Mapped[str] = mapped_column(String(255), default="")
    person: Mapped[Person] = relationship()


class Certificate(Base):
    """A proof of service that anybody can verify. ``snapshot_encrypted``: JSON of what is printed; ``sha256`` of it.

    Valid unless revoked; it disagrees with the ledger when an entry it includes was reversed (computed).
    """

    __tablename__ = "certificates"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    verify_code: Mapped[str] = mapped_column(String(16), unique=True)
    first_on: Mapped[date]
    last_on: Mapped[date]
    minutes: Mapped[int]
    snapshot_encrypted: Mapped[bytes]
    sha256: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime]
    seal_asked_at: Mapped[datetime | None]
    sealed_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str] = mapped_column(String(255), default="")
    person: Mapped[Person] = relationship()
    included: Mapped[list[CertificateEntry]] = relationship()


class CertificateEntry(Base):
    """Which ledger entries a certificate counts."""

    __tablename__ = "certificate_entries"
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entries.id"), primary_key=True, index=True)


class CertificateNumber(Base):
    """The last number given in a year, so that numbers run without gaps."""

    __tablename__ = "certificate_numbers"
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(default=0)
