"""The form of signing up on a page: only what is missing, read as the chat reads it, each mistake beside its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.language import birthdays
from bot.services import identity_numbers, newcomers
from bot.services.activities import Detail
from bot.services.profiles import normal_name, normal_phone
from bot.services.refusals import IdentityInvalid, NameInvalid, PhoneInvalid, ProfileMissing, Refused

NOT_AGREED = "不同意协议就不能报这一场。"
NO_CONSENT = "不同意就不能报名，也不会保存您填的内容。"
NO_DAY = "请填出生年月日，比如 2008-05-01。"


@dataclass
class Form:
    """``asks``: of name, phone, id, birth_date those that are missing. ``who``: who is known already, masked."""

    it: Detail
    asks: tuple[str, ...]
    agreement: bool
    who: str
    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def consent(self) -> bool:
        """Whether anything is collected that takes a consent."""
        return "phone" in self.asks or "id" in self.asks


def asks(objections: Sequence[Refused]) -> tuple[str, ...]:
    """Name and phone are kept together; an identity number says the day of birth, too."""
    missing = {name for one in objections if isinstance(one, ProfileMissing) for name in one.fields}
    if missing & {"name", "phone"}:
        missing |= {"name", "phone"}
    if "id" in missing:
        missing -= {"birth_date"}
    return tuple(name for name in ("name", "phone", "id", "birth_date") if name in missing)


def read(
    form: Form, typed: Mapping[str, str], today: date, sentence: Callable[[Refused], str]
) -> newcomers.Told | None:
    """None when something is missing or wrong; ``form.wrong`` then says what."""
    form.typed = typed
    values = {name: typed.get(name, "").strip()[:64] for name in form.asks}
    name, phone, id_number, birth = "", "", "", None
    try:
        name = normal_name(values["name"]) if "name" in values else ""
    except NameInvalid as refused:
        form.wrong["name"] = sentence(refused)
    try:
        phone = normal_phone(values["phone"]) if "phone" in values else ""
    except PhoneInvalid as refused:
        form.wrong["phone"] = sentence(refused)
    try:
        id_number = identity_numbers.normal(values["id"], today=today) if "id" in values else ""
    except IdentityInvalid as refused:
        form.wrong["id"] = sentence(refused)
    if "birth_date" in values:
        birth = birthdays.read(values["birth_date"])
        if birth is None or not date(today.year - identity_numbers.OLDEST, 1, 1) <= birth <= today:
            form.wrong["birth_date"] = NO_DAY
    agreed = form.agreement and "agreed" in typed
    if form.agreement and not agreed:
        form.wrong["agreed"] = NOT_AGREED
    if form.consent and "consent" not in typed:
        form.wrong["consent"] = NO_CONSENT
    return None if form.wrong else newcomers.Told(name, phone, birth, id_number, agreed)
