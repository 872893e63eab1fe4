"""What is emptied, ended and made void when a person is forgotten, and what the law keeps under a number.

Kept (67号令 第4条, PIPL 47): hours with their titles and reasons, presence, points, honour hours with what proved
them, certificates with their sealed snapshot (who holds the paper may still verify it), and the chained audit log.
Which broadcasts and consents to notices an account had stays too: it proves what was allowed to be sent (PIPL 14).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.services import (
    actors,
    conversation_messages,
    guardians,
    offers,
    points,
    redemptions,
    registrations,
    seats,
    tags,
    volunteers,
)
from bot.services.announcements import supersede
from bot.services.identities import same
from bot.services.questions import forgetting
from bot.services.recipients import NOT_SAID_YET
from bot.services.rules import Rules
from bot.storage.database import locked
from bot.storage.models import (
    Activity,
    Appeal,
    AttendanceEvent,
    Consent,
    Document,
    Erasure,
    Follower,
    Guardianship,
    Invitation,
    ManualEntry,
    Membership,
    Person,
    Push,
    Recipient,
    Redemption,
    Registration,
    Reservation,
    SavedSession,
    StarAward,
    Suspension,
    Swap,
)

REASON = "注销"
WORDS: tuple[tuple[InstrumentedAttribute[int], InstrumentedAttribute[str]], ...] = (
    (Appeal.person_id, Appeal.text), (Appeal.person_id, Appeal.answer), (Registration.person_id, Registration.reason),
    (Membership.person_id, Membership.reason), (StarAward.person_id, StarAward.reason),
    (Suspension.person_id, Suspension.reason), (ManualEntry.person_id, ManualEntry.answer),
    (ManualEntry.person_id, ManualEntry.evidence),
)  # fmt: skip
"""Free words about the person: where something was said, only that it was is left."""
LINKED = (Guardianship.minor_id, Guardianship.guardian_id)


def forget(db: Session, erasure: Erasure, now: datetime, rules: Rules) -> None:
    """The caller holds the erasure and has seen that it is due."""
    person_id = erasure.person_id
    records = list(db.scalars(select(Person).where(Person.id.in_(same(person_id))).order_by(Person.id)))
    for record in records:
        locked(db, Person, record.id)
    openids = list(db.scalars(select(Follower.openid).where(Follower.person_id.in_(same(person_id)))))
    actors.acting(db, actors.SYSTEM)
    _end_registrations(db, person_id, now, rules)
    _end_points(db, erasure, now, rules)
    _end_standing(db, person_id, now)
    for child in _children_left_alone(db, person_id, now, rules):
        _end_registrations(db, child.id, now, rules)
        _empty(child, now)
    _clear_invitations(db, person_id, records)
    for record in records:
        _empty(record, now)
    for follower in db.scalars(select(Follower).where(Follower.openid.in_(openids))):
        follower.person_id, follower.first_scene = None, ""
    _clear_around(db, person_id, openids, now, rules)


def _end_registrations(db: Session, person_id: int, now: datetime, rules: Rules) -> None:
    live = select(Registration).where(Registration.person_id.in_(same(person_id)), Registration.state.in_(seats.LIVE))
    for row in db.scalars(live).all():
        if row.shift.starts_at > now and row.state in ("pending", "waiting", "offered", "confirmed"):
            registrations.cancel(db, row.id, now, REASON, rules=rules)
    shifts = offers.shifts_to_promote(db, now)
    for shift_id in shifts:
        offers.promote(db, shift_id, now, rules=rules)


def _end_points(db: Session, erasure: Erasure, now: datetime, rules: Rules) -> None:
    """Open orders come back first, then everything is void. A debt stays: it is nobody's to spend."""
    person_id = erasure.person_id
    ordered = select(Redemption.id).where(Redemption.person_id.in_(same(person_id)), Redemption.state == "ordered")
    for redemption_id in db.scalars(ordered.order_by(Redemption.id)).all():
        redemptions.cancel(db, redemption_id, person_id, now, rules=rules)
    if (left := points.balance(db, person_id)) > 0:
        points.adjust(
            db, person_id, -left, key=f"erasure:{erasure.id}", reason=REASON, actor=actors.SYSTEM, now=now, rules=rules
        )


def _end_standing(db: Session, person_id: int, now: datetime) -> None:
    standing = volunteers.of_person(db, person_id)
    if standing is not None:
        if standing.state in ("applied", "registered"):
            volunteers.leave(db, person_id, now)
        standing.email_encrypted = standing.address_encrypted = None
        standing.education = standing.job = standing.political = standing.reason = ""
        standing.vcode = None
    for link in db.scalars(select(Guardianship).where(or_(*(column.in_(same(person_id)) for column in LINKED)))):
        link.code_hash, link.relation = None, ""
        if link.state in ("asked", "active"):
            link.state, link.ended_at = "withdrawn", now
    for membership in db.scalars(
        select(Membership).where(Membership.person_id.in_(same(person_id)), Membership.state.in_(("applied", "active")))
    ):
        membership.state, membership.state_since = "left", now
    given = select(Consent).where(Consent.person_id.in_(same(person_id)), Consent.withdrawn_at.is_(None))
    for consent in db.scalars(given):
        consent.withdrawn_at = now
    for activity in db.scalars(select(Activity).where(Activity.leader_id.in_(same(person_id)))):
        activity.leader_id = None  # nobody leads it: what happens there is told to the office


def _children_left_alone(db: Session, guardian_id: int, now: datetime, rules: Rules) -> list[Person]:
    """Minors whose only guardian goes: what they had ahead ends. Returns those without an account of their own."""
    minors = select(Guardianship.minor_id).where(Guardianship.guardian_id.in_(same(guardian_id)))
    alone = []
    for minor_id in sorted(set(db.scalars(minors))):
        for consent in db.scalars(
            select(Consent).where(
                Consent.person_id == minor_id, Consent.given_by.in_(same(guardian_id)), Consent.withdrawn_at.is_(None)
            )
        ):
            consent.withdrawn_at = now
        db.flush()
        if guardians.has_consent(db, minor_id):
            continue
        _end_registrations(db, minor_id, now, rules)
        own = select(Follower.openid).where(Follower.person_id.in_(same(minor_id)))
        minor = db.get(Person, minor_id)
        if minor is not None and minor.erased_at is None and db.scalars(own.limit(1)).first() is None:
            alone.append(minor)
    return alone


def _clear_invitations(db: Session, person_id: int, records: Sequence[Person]) -> None:
    """Names others gave for them, answered or not: before the number is gone by which they are found."""
    mine = select(Registration.id).where(Registration.person_id.in_(same(person_id)))
    numbers = [record.phone_hash for record in records if record.phone_hash]
    named = or_(Invitation.registration_id.in_(mine), Invitation.party_of.in_(mine), Invitation.phone_hash.in_(numbers))
    db.execute(update(Invitation).where(named).values(name="", phone_hash=None, code_hash=None))
    for swap in db.scalars(select(Swap).where(Swap.registration_id.in_(mine), Swap.state == "open")):
        swap.state = "withdrawn"


def _empty(record: Person, now: datetime) -> None:
    record.name = record.gender = record.id_type = record.area = ""
    record.phone_encrypted = record.phone_hash = record.id_encrypted = record.id_hash = None
    record.birth_date, record.skills, record.erased_at = None, [], now


def _clear_around(db: Session, person_id: int, openids: Sequence[str], now: datetime, rules: Rules) -> None:
    """Free words, where they stood, what was said or about to be said, files, and the session of an outage."""
    own = set(db.scalars(same(person_id)))
    for column, words in WORDS:
        said = update(words.class_).where(column.in_(own), words != "")
        db.execute(said.values({words.key: REASON}))
    for table in (Registration, Redemption, Reservation):  # which account it was is nobody's to know any more
        db.execute(update(table).where(table.person_id.in_(own)).values(openid=""))
    seen = update(AttendanceEvent).where(
        AttendanceEvent.person_id.in_(own), AttendanceEvent.place_encrypted.is_not(None)
    )
    db.execute(seen.values(place_encrypted=None))
    for document in db.scalars(select(Document).where(Document.person_id.in_(own))):
        db.delete(document)
    for openid in openids:
        waits = select(Push.key).where(Push.openid == openid, Push.state.in_(NOT_SAID_YET))
        for key in db.scalars(waits).all():
            supersede(db, key, now, reason="erased")
        # of all that was pushed only a late answer holds its words
        late = update(Push).where(Push.openid == openid, Push.kind == "late_reply", Push.state != "sending")
        db.execute(late.values(payload={}))
        _clear_broadcasts(db, openid, now)
        forgetting.forget(db, openid, now, rules)
        conversation_messages.forget(db, openid, now)
        if (saved := db.get(SavedSession, openid)) is not None:
            db.delete(saved)
    db.flush()


def _clear_broadcasts(db: Session, openid: str, now: datetime) -> None:
    """What staff called them, what was still to come, and whether they read it; that it was sent stays counted."""
    tags.forget(db, openid, now)
    mine = update(Recipient).where(Recipient.openid == openid)
    db.execute(mine.where(Recipient.state == "due").values(state="stopped", settled_at=now))
    db.execute(mine.values(clicked_at=None))
