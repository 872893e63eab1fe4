"""Pictures as evidence: cleaned of all but pixels, kept within a quota, seen by few, noted, and gone in the end."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import segno
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import documents, personal_data
from bot.services.questions import after, asking, forgetting, pictures, reviewing
from bot.services.questions.cleaning import Cleaned, NotUsable, clean
from bot.services.refusals.questions import QuestionUnknown, TooManyPictures
from bot.services.rules import USUAL
from bot.services.verification.questions import RULES
from bot.settings_voice import Voice
from bot.storage.crypto import Cipher
from bot.storage.models import AuditEntry, Push, Question, QuestionPicture
from tests.fixtures.world import NOW, World, hours
from tests.services.test_questions import ASKER, Office

SMALL = USUAL.__class__(**{**vars(USUAL), "voice": Voice(pictures_mb=1)})


def photo(size: tuple[int, int] = (64, 48), kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    picture = Image.new("RGB", size, "red")
    exif = Image.Exif()
    exif[0x010E] = "secret place"  # what the telephone wrote
    exif.get_ifd(0x8825)[1] = "N"
    picture.save(out, kind, **({"exif": exif} if kind in ("JPEG", "PNG", "WEBP") else {}))
    return out.getvalue()


@pytest.fixture
def office(db: Session, cipher: Cipher) -> Office:
    return Office(db, cipher)


def sent(office: Office, row: Question, media_id: str = "m1", openid: str = ASKER) -> QuestionPicture:
    entry = asking.add(office.db, office.cipher, row.id, openid, "", NOW, media_id=media_id)
    return office.db.scalars(select(QuestionPicture).where(QuestionPicture.entry_id == entry.id)).one()


# -- bytes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_nothing_but_pixels_is_kept(kind: str) -> None:
    given = photo(kind=kind)
    assert kind == "GIF" or b"secret place" in given
    cleaned = clean(given + b"<?php tail ?>")
    assert b"secret" not in cleaned.content and b"php" not in cleaned.content
    with Image.open(io.BytesIO(cleaned.content)) as kept:
        assert (kept.format, kept.size, dict(kept.getexif())) == ("JPEG", (64, 48), {})
        assert kept.getpixel((5, 5))[0] > 200  # type: ignore[index]


def test_a_large_one_is_shrunk_and_stands_upright() -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright
    Image.new("RGB", (4000, 1000)).save(out, "JPEG", exif=exif)
    with Image.open(io.BytesIO(clean(out.getvalue()).content)) as kept:
        assert max(kept.size) <= 2000 and kept.height > kept.width


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no_picture"), (b"%PDF-1.7", "no_picture"), (b"<svg onload='x'/>", "no_picture"),
        (photo()[:300], "no_picture"), (b"\xff\xd8\xff" + bytes(40), "no_picture"),
        (photo() + bytes(11 * 1024 * 1024), "too_large"),
    ],
)  # fmt: skip
def test_what_is_no_picture_or_too_large_is_not_kept(content: bytes, problem: str) -> None:
    with pytest.raises(NotUsable) as refused:
        clean(content)
    assert refused.value.problem == problem


def test_a_bomb_is_seen_in_the_header_before_it_is_decoded() -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    with pytest.raises(NotUsable, match="too_large"):
        clean(out.getvalue())


@pytest.mark.parametrize(
    ("text", "code"), [("wxp://f2f0abcdefgh", "payment"), ("https://qr.alipay.com/abc", "payment"),
                       ("https://example.com", "code")],
)  # fmt: skip
def test_codes_in_pictures_are_noticed(text: str, code: str) -> None:
    out = io.BytesIO()
    segno.make(text, micro=False).save(out, kind="png", scale=6)
    assert clean(out.getvalue()).code == code
    assert clean(photo()).code == ""


# -- rows ------------------------------------------------------------------------------------------------------


def test_it_is_wanted_kept_and_shown_to_who_may_see_the_question(db: Session, cipher: Cipher, office: Office) -> None:
    row = office.accepted()
    picture = sent(office, row)
    assert list(pictures.due(db, NOW, 9)) == [(picture.id, "m1")]
    cleaned = clean(photo())
    assert pictures.keep(db, cipher, picture.id, cleaned, NOW)
    assert not pictures.keep(db, cipher, picture.id, cleaned, NOW), "another worker was faster"
    assert list(pictures.due(db, NOW, 9)) == []
    assert picture.content_encrypted is not None and cleaned.content not in picture.content_encrypted
    assigned = next(one for one in office.staff.values() if one.id == row.assignee_id)
    for staff in (office.staff["reviewer"], office.staff["head"], assigned):
        token = pictures.link_token(db, cipher, picture, staff, NOW)
        opened = documents.open_(db, cipher, token, NOW)
        assert opened is not None and opened.openid == staff.openid
        assert pictures.open_for(db, cipher, int(opened.content), opened.openid) == cleaned.content
        assert documents.open_(db, cipher, token, NOW + timedelta(days=2)) is None
    looked = db.scalars(select(AuditEntry.actor).where(AuditEntry.subject == f"question_pictures:{picture.id}")).all()
    assert list(looked) == [office.actor("reviewer"), office.actor("head"), f"staff:{assigned.id}"]


def test_others_do_not_see_it_nor_who_may_not_any_more(db: Session, cipher: Cipher, office: Office) -> None:
    row = office.accepted()
    picture = sent(office, row)
    pictures.keep(db, cipher, picture.id, clean(photo()), NOW)
    for name in ("mind", "editor", "auditor"):
        with pytest.raises(QuestionUnknown):
            pictures.link_token(db, cipher, picture, office.staff[name], NOW)
    for openid in (ASKER, "", "o-nobody"):
        with pytest.raises(QuestionUnknown):
            pictures.open_for(db, cipher, picture.id, openid)
    before = office.staff["law1"] if row.assignee_id == office.staff["law1"].id else office.staff["law2"]
    row.assignee_id = office.staff["head"].id
    with pytest.raises(QuestionUnknown):
        pictures.open_(db, cipher, picture.id, before)


def test_what_cannot_be_fetched_is_tried_again_and_then_said(db: Session, office: Office) -> None:
    row = office.accepted()
    picture, at = sent(office, row), NOW
    pauses = []
    while picture.state == "wanted":
        pictures.again(db, picture.id, "unreachable", at)
        pauses.append(picture.next_at - at)
        at = picture.next_at if picture.next_at > at else at + hours(2)
    assert pauses[:4] == sorted(pauses[:4]) and pauses[0] > timedelta()
    assert at - NOW < timedelta(days=3), "the original can still be looked at in WeChat's console"
    told = db.scalars(select(Push).where(Push.key.startswith("questions.picture_failed"))).all()
    assert [push.payload["picture_id"] for push in told] == [picture.id]
    assert (picture.state, picture.problem) == ("failed", "unreachable")


def test_there_is_a_quota_and_administrators_hear_of_it(db: Session, cipher: Cipher, office: Office) -> None:
    row = office.accepted()
    large = Cleaned(bytes(700_000))
    first, second = sent(office, row), sent(office, row, "m2")
    assert pictures.keep(db, cipher, first.id, large, NOW, SMALL)
    assert not pictures.keep(db, cipher, second.id, large, NOW, SMALL)
    assert (second.state, second.problem) == ("wanted", "quota")
    assert "pictures_full" in office.told("o-head")
    assert pictures.keep(db, cipher, second.id, large, NOW + hours(1)), "more room"
    for number in range(pictures.MOST - 2):
        sent(office, row, f"n{number}")
    with pytest.raises(TooManyPictures):
        sent(office, row, "one too many")


def test_they_go_with_the_question_with_its_asker_and_with_time(db: Session, cipher: Cipher, office: Office) -> None:
    rows = [office.ask(openid=f"o-{number}") for number in range(4)]
    for row in rows:
        pictures.keep(db, cipher, sent(office, row, openid=row.openid).id, clean(photo()), NOW)
    after.withdraw(db, rows[0].id, "o-0", NOW)
    reviewing.decline(db, rows[1].id, "请拨 12333", office.actor("reviewer"), NOW)
    forgetting.forget(db, "o-2", NOW, USUAL)
    left = lambda: set(db.scalars(select(QuestionPicture.question_id)))  # noqa: E731
    assert left() == {rows[0].id, rows[1].id, rows[3].id}
    assert pictures.clear(db, NOW) == 1 and left() == {rows[1].id, rows[3].id}
    assert pictures.clear(db, NOW + timedelta(days=USUAL.voice.pictures_days)) == 1
    assert left() == {rows[3].id}
    asked = next(entry for entry in rows[3].said if entry.media_id)
    asked.media_id = ""
    db.flush()
    assert pictures.clear(db, NOW) == 1 and left() == set()


def test_a_copy_of_ones_data_tells_of_them(world: World, db: Session, cipher: Cipher) -> None:
    office = Office(db, cipher)
    person = world.person("林一一", openid="o-person")
    sent(office, office.ask(openid="o-person"), openid="o-person")
    (told,) = personal_data.export(db, cipher, person)["青年之声图片"]
    assert told["state"] == "wanted" and "content_encrypted" not in told


def test_rows_that_contradict_themselves_are_noticed(db: Session, cipher: Cipher, office: Office) -> None:
    picture = sent(office, office.accepted())
    broken = lambda: {breach.rule for rule in RULES for breach in rule(db, cipher, NOW)}  # noqa: E731
    pictures.keep(db, cipher, picture.id, clean(photo()), NOW)
    assert "question_picture" not in broken()
    picture.content_encrypted = None
    db.flush()
    assert "question_picture" in broken()
    picture.content_encrypted, picture.state = cipher.encrypt_bytes(b"x"), "failed"
    db.flush()
    assert "question_picture" in broken()
