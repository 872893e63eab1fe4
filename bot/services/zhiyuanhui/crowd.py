"""The people of 志愿汇 among ours: found by the keyed hash of their identity number, or name and phone; never twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bot.services import identity_numbers
from bot.services.profiles import normal_name, normal_phone
from bot.services.refusals import NameInvalid, PhoneInvalid, Refused
from bot.services.zhiyuanhui.tables import Row, RowRefused
from bot.storage.crypto import Cipher
from bot.storage.models import LedgerEntry, Person, Volunteer

ID_TYPES = {
    "": "id_card", "身份证": "id_card", "居民身份证": "id_card", "1": "id_card", "护照": "passport",
    "港澳居民来往内地通行证": "hk_macau", "台湾居民来往大陆通行证": "taiwan", "港澳台居民居住证": "residence",
}  # fmt: skip
Key = tuple[str, str]
"""A person as a row of hours names them: the bare name and the keyed hash of the identity number."""


@dataclass(frozen=True)
class Arrival:
    """One row of volunteer.csv, read and found sound; numbers already hashed and encrypted."""

    line: int
    name: str
    id_hash: str
    phone_hash: str | None
    vcode: str | None
    person: dict[str, Any]
    volunteer: dict[str, Any]


def arrival(cipher: Cipher, row: Row, line: int) -> Arrival:
    """Raises RowRefused with the first thing wrong."""
    name = _name(row["name"])
    id_type = ID_TYPES.get(row.get("idcardtype", ""))
    if id_type is None:
        raise RowRefused("id_type", f"证件类型“{row['idcardtype'][:16]}”不认识，常用的是：身份证、护照")
    number = _number(id_type, row["idcard"])
    phone = _phone(row.get("mphone", ""))
    id_hash = identity_numbers.digest(cipher, number)
    phone_hash = cipher.keyed_hash(f"phone:{phone}") if phone else None
    vcode = row.get("vcode", "")[:32] or None
    of_card = id_type == "id_card"
    person: dict[str, Any] = {
        "name": name, "id_type": id_type, "id_hash": id_hash, "id_encrypted": cipher.encrypt(number),
        "birth_date": identity_numbers.born(number) if of_card else None,
        "gender": identity_numbers.gender(number) if of_card else "",
        "phone_hash": phone_hash, "phone_encrypted": cipher.encrypt(phone) if phone else None, "skills": [],
    }  # fmt: skip
    volunteer = {
        "vcode": vcode, "education": row.get("education", "")[:32], "job": row.get("job", "")[:64],
        "political": row.get("political", "")[:32], "email_encrypted": _sealed(cipher, row.get("email", "")),
        "address_encrypted": _sealed(cipher, row.get("address", "")),
    }  # fmt: skip
    return Arrival(line, name, id_hash, phone_hash, vcode, person, volunteer)


def settle(
    db: Session, page: Sequence[Arrival], actor: str, now: datetime
) -> tuple[int, int, list[tuple[int, RowRefused]]]:
    """New people and volunteers of one page; returns how many are new, how many were there, and who was refused."""
    known = _known(db, page)
    refused: list[tuple[int, RowRefused]] = []
    fresh: list[Arrival] = []
    seen: set[str] = set()
    count = 0
    for one in page:
        there = known.get(one.id_hash)
        if there is not None and there[1] != one.name:
            refused.append((one.line, RowRefused("id_twice", "这个证件号码已登记在另一个姓名下，请核对是哪个写错了")))
        elif one.id_hash in seen:
            refused.append((one.line, RowRefused("twice_in_file", "同一个证件号码在文件里出现了两次，只收第一次")))
        elif there is not None:
            count += 1
            _join(db, there[0], one, actor, now)
        else:
            fresh.append(one)
        seen.add(one.id_hash)
    _add(db, fresh, actor, now)
    return len(fresh), count, refused


def find(db: Session, cipher: Cipher, page: Sequence[Row]) -> dict[Key, int]:
    """Whom the rows of hours mean: (name, hash) → person, asked once for the page."""
    keys = {key_of(cipher, row) for row in page}
    found = select(Person.name, Person.id_hash, Person.id, Person.merged_into).where(
        Person.id_hash.in_({digest for _, digest in keys if digest})
    )
    return {(name, digest or ""): merged or id for name, digest, id, merged in db.execute(found)}


def key_of(cipher: Cipher, row: Row) -> Key:
    """Empty strings where the row names nobody: such a key is found by no person."""
    try:
        return _name(row["name"]), identity_numbers.digest(cipher, _number("", row["idcard"]))
    except RowRefused:
        return "", ""


def overlapping(db: Session, entries: Sequence[dict[str, Any]]) -> set[str]:
    """Keys of entries whose stretch of time our own check-in has already credited to the same person."""
    timed = [entry for entry in entries if entry["detail"]["out"]]
    people = {entry["person_id"] for entry in timed}
    days = {entry["effective_on"] for entry in timed}
    own: dict[tuple[int, Any], list[dict[str, Any]]] = {}
    if timed:
        rows = select(LedgerEntry.person_id, LedgerEntry.effective_on, LedgerEntry.detail).where(
            LedgerEntry.person_id.in_(people), LedgerEntry.kind == "credit", LedgerEntry.effective_on.in_(days)
        )
        for person_id, day, detail in db.execute(rows):
            own.setdefault((person_id, day), []).append(detail)
    return {
        entry["external_id"]
        for entry in timed
        for detail in own.get((entry["person_id"], entry["effective_on"]), ())
        if _overlap(entry["detail"], detail)
    }


def _overlap(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Without times of its own a credit of that day may be the same service: a person decides."""
    begins, ends = theirs.get("in"), theirs.get("out")
    if not (begins and ends):
        return True
    read = datetime.fromisoformat
    return read(ours["in"]) < read(ends) and read(ours["out"]) > read(begins)


def _known(db: Session, page: Sequence[Arrival]) -> dict[str, tuple[int, str]]:
    """By identity number; who has none here yet, by name and phone."""
    by_id = select(Person.id_hash, Person.id, Person.merged_into, Person.name).where(
        Person.id_hash.in_([one.id_hash for one in page])
    )
    known = {digest or "": (merged or id, name) for digest, id, merged, name in db.execute(by_id)}
    phones = {one.phone_hash for one in page if one.phone_hash and one.id_hash not in known}
    by_phone = select(Person.phone_hash, Person.name, Person.id).where(
        Person.phone_hash.in_(phones), Person.id_hash.is_(None), Person.merged_into.is_(None)
    )
    alike = {(digest, name): id for digest, name, id in db.execute(by_phone)}
    for one in page:
        same = alike.get((one.phone_hash, one.name))
        if same is not None and one.id_hash not in known:
            known[one.id_hash] = (same, one.name)
    return known


def _add(db: Session, fresh: Sequence[Arrival], actor: str, now: datetime) -> None:
    if not fresh:
        return
    rows = [{**one.person, "created_at": now} for one in fresh]
    ids = list(db.scalars(insert(Person).returning(Person.id, sort_by_parameter_order=True), rows))
    standing = {"state": "registered", "applied_at": now, "registered_at": now, "decided_by": actor}
    db.execute(
        insert(Volunteer),
        [
            {**one.volunteer, **standing, "person_id": id, "number": one.vcode}
            for one, id in zip(fresh, ids, strict=True)
        ],
    )


def _join(db: Session, person_id: int, one: Arrival, actor: str, now: datetime) -> None:
    """Somebody we know: what was missing here is added, nothing of theirs is overwritten."""
    person = db.get_one(Person, person_id)
    for name, value in one.person.items():
        if value and not getattr(person, name):
            setattr(person, name, value)
    standing = db.get(Volunteer, person_id)
    if standing is None:
        standing = Volunteer(
            person_id=person_id, state="registered", applied_at=now, registered_at=now, decided_by=actor
        )
        db.add(standing)
    for name, value in one.volunteer.items():
        if value and not getattr(standing, name):
            setattr(standing, name, value)
    standing.number = standing.number or one.vcode
    db.flush()


def _name(typed: str) -> str:
    try:
        return normal_name(typed)
    except NameInvalid:
        raise RowRefused("name", "姓名缺少或含有不该有的字符") from None


def _number(id_type: str, typed: str) -> str:
    try:
        return identity_numbers.normal(typed, id_type)
    except Refused:
        raise RowRefused("id_number", "证件号码不对（位数、出生日期或校验位），请核对") from None


def _phone(typed: str) -> str:
    if not typed:
        return ""
    try:
        return normal_phone(typed)
    except PhoneInvalid:
        raise RowRefused("phone", "手机号不对，应为11位；没有就留空") from None


def _sealed(cipher: Cipher, text: str) -> bytes | None:
    return cipher.encrypt(text) if text else None
