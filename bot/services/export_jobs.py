"""Large exports: asked for, made by the worker, fetched by whoever asked and by administrators, deleted after a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.services import roles
from bot.services.export_wishes import Wish
from bot.services.refusals.exports import ExportNotYours, ExportUnknown
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import ExportJob, ExportPart, Staff

KEPT = timedelta(hours=24)
LISTED = 20


def ask(db: Session, wish: Wish, form: str, staff_id: int, now: datetime) -> ExportJob:
    """The same wish that still waits or is being made is not asked for twice."""
    writing(db)
    parameters = {
        "first": wish.first.isoformat(), "last": wish.last.isoformat(), "code": wish.code, "whole": wish.whole,
    }  # fmt: skip
    for waiting in db.scalars(
        select(ExportJob).where(
            ExportJob.asked_by == staff_id, ExportJob.kind == wish.kind, ExportJob.form == form,
            ExportJob.state.in_(("due", "running")),
        )  # fmt: skip
    ):
        if waiting.parameters == parameters:
            return waiting
    job = ExportJob(
        kind=wish.kind, form=form, parameters=parameters, asked_by=staff_id, asked_at=now, expires_at=now + KEPT
    )
    db.add(job)
    db.flush()
    return job


def wish_of(job: ExportJob) -> Wish:
    said = job.parameters
    days = date.fromisoformat(said["first"]), date.fromisoformat(said["last"])
    return Wish(job.kind, *days, said["code"], said["whole"])


def for_staff(db: Session, staff_id: int, role: str) -> Sequence[ExportJob]:
    """One's own, for administrators everybody's; the newest first."""
    query = select(ExportJob).where(ExportJob.state != "expired").order_by(ExportJob.id.desc()).limit(LISTED)
    return db.scalars(query if role == "admin" else query.where(ExportJob.asked_by == staff_id)).all()


def ready(db: Session, job_id: int, staff_id: int, role: str, now: datetime) -> ExportJob:
    """Raises ExportUnknown, ExportNotYours: also for a role that may no longer reveal what is in it."""
    job = db.get(ExportJob, job_id)
    if job is None or job.state != "ready" or job.expires_at <= now:
        raise ExportUnknown
    if (role != "admin" and job.asked_by != staff_id) or (
        job.parameters["whole"] and not roles.may(role, "phone.reveal")
    ):
        raise ExportNotYours
    return job


def parts(db: Session, cipher: Cipher, job_id: int) -> Iterator[bytes]:
    """The file, a megabyte at a time."""
    numbers = db.scalars(select(ExportPart.number).where(ExportPart.job_id == job_id).order_by(ExportPart.number)).all()
    for number in numbers:
        yield cipher.decrypt_bytes(db.get_one(ExportPart, (job_id, number)).content_encrypted)
        db.expunge_all()


def keep(db: Session, cipher: Cipher, job: ExportJob, number: int, content: bytes) -> None:
    writing(db)
    db.add(ExportPart(job_id=job.id, number=number, content_encrypted=cipher.encrypt_bytes(content)))
    db.flush()


def expire(db: Session, now: datetime) -> int:
    """Files whose day is over go; that somebody asked for them stays in the audit."""
    over = db.scalars(select(ExportJob).where(ExportJob.state != "expired", ExportJob.expires_at <= now)).all()
    if over:
        writing(db)
    for job in over:
        db.execute(delete(ExportPart).where(ExportPart.job_id == job.id))
        job.state = "expired"
    db.flush()
    return len(over)


def staff_role(db: Session, staff_id: int) -> str:
    """The role at this moment; empty for somebody who may not log in any more."""
    staff = db.get(Staff, staff_id)
    return staff.role if staff is not None and staff.disabled_at is None else ""
