"""The tables, one file per subject; import them from here."""

from bot.storage.models.activities import Activity, Shift
from bot.storage.models.base import Base, UTCDateTime
from bot.storage.models.deliveries import Delivery, Lease, SavedSession
from bot.storage.models.gaps import EntryCount, Gap
from bot.storage.models.people import Consent, Follower, NoticeConsent, Person, Staff
from bot.storage.models.pushes import Push
from bot.storage.models.registrations import Offer, Registration

__all__ = [
    "Activity", "Base", "Consent", "Delivery", "EntryCount", "Follower", "Gap", "Lease", "NoticeConsent", "Offer",
    "Person", "Push", "Registration", "SavedSession", "Shift", "Staff", "UTCDateTime",
]
