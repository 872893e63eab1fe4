"""The roles of staff and what each may do, in chat and at the console: the whole table (domain §6.7)."""

from __future__ import annotations

ROLES = {
    "admin": "管理员", "editor": "编辑", "reviewer": "审核员", "expert": "专家", "leader": "队长", "auditor": "审计",
    "merchant": "商户",
}  # fmt: skip

DECIDES = {
    "activity": ("admin", "reviewer"),
    "volunteer": ("admin", "reviewer"),
    "manual_hours": ("admin", "reviewer"),
    "appeal": ("admin", "reviewer"),
    "star": ("admin", "reviewer"),
    "seal": ("admin", "reviewer"),
    "question": ("admin", "reviewer"),
    "broadcast": ("admin", "reviewer"),
}
"""Which roles of staff decide about what (domain §6.7). Sign-ups and presence are decided by whoever leads."""


WRITES = ("admin", "editor", "reviewer")
"""Which roles of staff draft broadcasts, see them and hold them up."""
SUPERVISES = ("admin", "reviewer", "auditor")
"""Which roles see what looks odd about check-ins."""

_ALL = tuple(ROLES)
_OFFICE = ("admin", "editor", "reviewer", "auditor")

MAY: dict[str, tuple[str, ...]] = {
    "today.see": _ALL,
    "own.change": _ALL,  # one's own password, second factor, WeChat account, language
    "activities.see": _OFFICE,
    "activities.draft": ("admin", "editor"),
    "activities.decide": DECIDES["activity"],
    "activities.hold": ("admin", "reviewer"),  # change what is published, cancel it
    "roster.see": ("admin", "editor", "reviewer"),
    "attendance.record": ("admin",),
    "hours.see": (*SUPERVISES, "editor"),
    "hours.settle": ("admin", "reviewer"),
    "hours.propose": ("admin", "editor", "reviewer"),
    "hours.decide": DECIDES["manual_hours"],
    "stars.decide": DECIDES["star"],
    "seals.decide": DECIDES["seal"],
    "people.see": ("admin", "reviewer"),
    "people.decide": DECIDES["volunteer"],
    "people.change": ("admin",),
    "phone.reveal": ("admin",),
    "teams.see": _OFFICE,
    "teams.change": ("admin", "reviewer"),
    "questions.see": ("admin", "editor", "reviewer", "expert"),
    "questions.answer": ("admin", "editor", "expert"),
    "questions.decide": DECIDES["question"],
    "problems.see": ("admin", "editor", "reviewer"),  # drafts of the lists of problems
    "conversations.take": ("admin", "editor", "reviewer"),
    "broadcasts.see": WRITES,
    "broadcasts.write": WRITES,
    "broadcasts.decide": DECIDES["broadcast"],
    "pushes.resend": ("admin", "reviewer"),
    "faq.see": _OFFICE,
    "faq.edit": ("admin", "editor"),
    "rewards.see": ("admin", "merchant"),
    "rewards.verify": ("merchant",),
    "exports.make": _OFFICE,
    "settings.see": ("admin", "auditor"),
    "staff.change": ("admin",),
    "audit.see": ("admin", "auditor"),
}
"""Action → roles. Each page and each button of the console names one; a test asks every page as every role."""


def may(role: str, action: str) -> bool:
    """Raises KeyError for an action that is not in the table: a slip in the program."""
    return role in MAY[action]
