"""The tables, one file per subject; import them from here."""

from bot.storage.models.activities import Activity, InsuranceRoster, Policy, Poster, Roster, Shift
from bot.storage.models.alerts import Alert, AlertNote
from bot.storage.models.audit import AuditEntry
from bot.storage.models.base import Base, UTCDateTime
from bot.storage.models.broadcasts import Batch, Broadcast, FollowerTag, Recipient
from bot.storage.models.conversations import Conversation, ConversationMessage
from bot.storage.models.deliveries import Delivery, Lease, SavedSession
from bot.storage.models.exports import ExportJob, ExportPart
from bot.storage.models.gaps import EntryCount, Gap, GapDismissal
from bot.storage.models.hours import Appeal, AttendanceEvent, LedgerEntry, ManualEntry, Outcome
from bot.storage.models.merits import (
    Certificate,
    CertificateEntry,
    CertificateNumber,
    PointsLeg,
    PointsLot,
    PointsTransaction,
    Redemption,
    Reward,
    StarAward,
)
from bot.storage.models.people import (
    Consent,
    Follower,
    LoginRequest,
    NoticeConsent,
    NoticeConsentEvent,
    Person,
    SignIn,
    Staff,
)
from bot.storage.models.pushes import Push
from bot.storage.models.question_pictures import QuestionPicture
from bot.storage.models.questions import (
    CannedAnswer,
    Expert,
    ProblemItem,
    ProblemList,
    Question,
    QuestionClock,
    QuestionEntry,
    QuestionNumber,
)
from bot.storage.models.registrations import LIVE_STATES, SEATED_STATES, Offer, Registration, Swap
from bot.storage.models.teams import Invitation, Membership, Reservation, Team
from bot.storage.models.volunteers import (
    Agreement,
    Completion,
    Course,
    Document,
    Erasure,
    Guardianship,
    Suspension,
    Volunteer,
)

__all__ = [
    "LIVE_STATES", "SEATED_STATES", "Activity", "Agreement", "Alert", "AlertNote", "Appeal", "AttendanceEvent",
    "AuditEntry", "Base", "Batch", "Broadcast", "CannedAnswer", "Certificate", "CertificateEntry", "CertificateNumber",
    "Completion", "Consent", "Conversation", "ConversationMessage", "Course", "Delivery", "Document", "EntryCount",
    "Erasure", "Expert", "ExportJob", "ExportPart", "Follower",
    "FollowerTag", "Gap", "GapDismissal", "Guardianship", "InsuranceRoster", "Invitation", "Lease", "LedgerEntry",
    "LoginRequest", "ManualEntry", "Membership", "NoticeConsent", "NoticeConsentEvent", "Offer", "Outcome", "Person",
    "PointsLeg", "PointsLot", "PointsTransaction", "Policy", "Poster", "ProblemItem", "ProblemList", "Push",
    "Question", "QuestionClock", "QuestionEntry", "QuestionNumber", "QuestionPicture", "Recipient", "Redemption",
    "Registration",
    "Reservation", "Reward", "Roster", "SavedSession", "Shift", "SignIn", "Staff", "StarAward", "Suspension", "Swap",
    "Team", "UTCDateTime", "Volunteer",
]  # fmt: skip
