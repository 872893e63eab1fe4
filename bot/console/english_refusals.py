"""Refusals in English: what handlers/refusals/ says in Chinese, one template for each reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.console import dates
from bot.console.translations import translated
from bot.services import hours, points
from bot.services import refusals as general
from bot.services.activity_tables import heading_of
from bot.services.refusals import (
    Refused,
    activities,
    attendance,
    broadcasts,
    certificates,
    conversations,
    exports,
    merits,
    people,
    pushes,
    questions,
    registrations,
    staff,
    teams,
)
from bot.services.refusals import hours as hour_rules

SENTENCES: dict[type[Refused], str] = {
    general.SignupNotOpen: "Sign-up has not opened yet; it opens on {opens_at}.",
    general.SignupClosed: "Sign-up closed on {closed_at}.",
    general.ShiftStarted: "The activity began on {starts_at}; nothing can be changed any more.",
    general.ActivityCancelled: "This activity was cancelled. {reason}",
    general.ShiftUnknown: "There is no such activity; perhaps it is over.",
    general.AlreadyRegistered: "Already signed up for this activity.",
    general.ProfileMissing: "Signing up also needs: {fields}.",
    general.TimeConflict: "The times overlap: already signed up for {code} “{title}” ({span}).",
    general.ShiftFull: "All seats are taken ({taken}/{capacity}); next in the waiting list: {place_in_line}.",
    general.WaitlistFull: "All {capacity} seats are taken and nobody else can wait.",
    general.NotRegistered: "There is no such sign-up, so there is nothing to cancel.",
    general.NoOffer: "No free seat is waiting to be confirmed.",
    general.OfferExpired: "The seat was to be confirmed by {expired_at} and has passed to the next person.",
    general.NameInvalid: "Enter a real name, for example 王晓雨.",
    general.PhoneInvalid: "This phone number looks wrong; enter the 11 digits of a mobile, for example 13812345678.",
    general.IdentityInvalid: "This identity number looks wrong; compare its 18 characters (the last may be X).",
    general.ActivityIncomplete: "To be filled in or mended: {fields}.",
    general.CapacityBelowTaken: "{taken} people are signed up; there cannot be fewer seats.",
    general.AlertUnknown: "There is no alert J{number}; check the number.",
    general.AlertTaken: "{keeper} took J{number} on {since}; there is nothing you need to do.",
    general.AlertClosed: "J{number} was closed on {closed_at}.",
    general.Busy: "The system is busy and nothing was changed. Please try again in a moment.",
    activities.WrongState: "Not possible now: the activity is in the state “{state}”.",
    activities.SomebodyRegistered: "With {number} sign-ups it cannot be withdrawn; cancel it and give the reason.",
    activities.SameHuman: "You wrote this activity: another reviewer must approve it.",
    activities.DangerousForMinors: "Dangerous activities are for adults only; the youngest age is {min_age}, set 18.",
    activities.PolicyMissing: "Dangerous activities need insurance: no policy covers the shift on {starts_at}.",
    activities.PolicyUnknown: "There is no policy {number}; check the number.",
    activities.RosterInvalid: "The roster's template is incomplete: {fields}.",
    activities.NotClaimable: "This activity is not to be claimed, or the time for it is over.",
    activities.AlreadyClaimed: "{team} was faster and has claimed it.",
    activities.NotTeamLeader: "Only a team leader claims an activity, from their own WeChat.",
    attendance.TooManyTries: "Too many wrong codes; try again after {until}.",
    attendance.NobodySo: "Nobody called “{name}” is on the roster; check the name or the last digits of the phone.",
    attendance.SeveralSo: "{number} people are called “{name}”; add the last four digits of the phone.",
    attendance.EventUnknown: "There is no late entry {event_id}.",
    attendance.EventAnswered: "Late entry {event_id} has been decided already.",
    attendance.SamePerson: "This is about you or was entered by you: another colleague must decide.",
    attendance.NothingToAppeal: "There is no check-in or check-out to add.",
    attendance.ClaimImpossible: "The time must lie between {after} and {before}.",
    attendance.PosterTooEarly: "Too early: WeChat keeps a QR code for 30 days. Make it after {possible_from}.",
    attendance.PosterTooLate: "Check-in for this shift is over; no poster is needed any more.",
    attendance.AppealUnknown: "There is no dispute {appeal_id} to decide.",
    attendance.AppealDecided: "Dispute {appeal_id} has been decided already.",
    attendance.ReasonMissing: "Give a reason for declining; the person will read it.",
    broadcasts.AudienceWrong: "The audience is not right at “{field}”: {given}. Change that condition.",
    broadcasts.AudienceEmpty: "Nobody matches “{audience}” now. Change the audience, then submit.",
    broadcasts.BroadcastIncomplete: "To be mended first: {fields}.",
    broadcasts.BroadcastUnknown: "There is no broadcast {broadcast_id}.",
    broadcasts.BroadcastState: "Not possible now: broadcast {broadcast_id} is in the state “{state}”.",
    broadcasts.PreviewMissing: "Nobody has previewed it since the last change. Look at it on your phone, then submit.",
    broadcasts.PreviewNobody: "A preview goes to your WeChat, which is not bound yet. Bind it under My account.",
    broadcasts.OwnBroadcast: "You wrote this broadcast: another reviewer must approve it.",
    broadcasts.NotTheirDraft: "Broadcast {broadcast_id} is a colleague's draft, which only its author edits.",
    broadcasts.WhyMissing: "Give a reason; the author will read it.",
    broadcasts.DueInPast: "{due_at} has passed. Choose a later time, or none to send once approved.",
    broadcasts.RecipientsLeft: "Broadcast {broadcast_id} has not reached {left} people yet.",
    certificates.NothingToCertify: "No hours are recorded there, so there is nothing to certify.",
    certificates.NameMissing: "A certificate needs a name, and none is known yet.",
    certificates.CannotBePrinted: "The font cannot print everything in it ({characters}); make this one by hand.",
    certificates.CertificateUnknown: "There is no such certificate.",
    certificates.CertificateRevoked: "{number} was revoked: {reason}",
    certificates.SealNotDeclined: "Seal {number} if it is in order; if not, revoke it with a reason.",
    conversations.OfficeClosed: "The office is closed and opens on {opens_at}.",
    conversations.NobodyOnDuty: "Nobody is on duty now.",
    conversations.ConversationUnknown: "There is no conversation H{number}.",
    conversations.ConversationTaken: "{keeper} took H{number} on {since}; talk to them directly.",
    conversations.ConversationEnded: "H{number} ended on {ended_at}; your words were not sent.",
    conversations.SaidTooLong: "Nothing was sent: {length} of at most {most} characters. Split it.",
    exports.ExportUnknown: "This file is gone, perhaps expired; export it again.",
    exports.ExportNotYours: "Your role may not export this; ask an administrator.",
    exports.ExportPeriodWrong: "Check the dates: the end cannot lie before the beginning.",
    hour_rules.NotVolunteering: "This shift is not volunteering, so no hours are recorded.",
    hour_rules.TwoPeopleNeeded: "Another colleague must decide: nobody approves what they entered or their own hours.",
    hour_rules.NotOver: "The activity ends on {ends_at}; settle it afterwards.",
    hour_rules.EntryUnknown: "This entry was not found; perhaps it has been corrected.",
    hour_rules.AlreadyReversed: "This entry has been corrected already.",
    hour_rules.AlreadyDecided: "This has been decided already.",
    hour_rules.HoursImpossible: "{hours_why}",
    hour_rules.NothingToDispute: "There are no hours here that could be disputed.",
    merits.RewardUnknown: "There is no such reward.",
    merits.RewardNotOffered: "{title} is not offered now.",
    merits.RewardGone: "{title} has just run out; no points were taken.",
    merits.RewardLimit: "{title}: {limit} a person and year, and this person has had them.",
    merits.PriceChanged: "{title} now costs {cost} points; nothing was redeemed.",
    merits.PointsShort: "Not enough points: {cost} are needed, the balance is {balance}.",
    merits.RedemptionUnknown: "There is no such redemption.",
    merits.RedemptionOver: "This code for {title} is no longer valid since {at}.",
    merits.CodesLocked: "Too many wrong codes; try again after {until}.",
    merits.NotVolunteer: "Stars are for registered volunteers.",
    merits.StarNotReached: "{missing} hours are missing for star {star}.",
    merits.StarPending: "The application for star {star} is under way.",
    merits.StarUnknown: "There is no application {award_id} for a star.",
    merits.StarDecided: "Application {award_id} has been decided already.",
    merits.ReasonMissing: "Give a reason; the person will read it as it stands.",
    merits.OwnStar: "Another colleague must decide about your own star.",
    people.BirthDateMissing: "The date of birth is needed.",
    people.BirthDateInvalid: "This date looks wrong; write it like 2008-05-01.",
    people.IdentityTaken: "This identity number is registered under another name. Check it, then correct the record.",
    people.TooYoung: "Volunteers must be 14; this person will be on {until}.",
    people.NeedsGuardian: "From 14 to 17 a guardian must consent.",
    people.AlreadyVolunteer: "Already a volunteer, or applying.",
    people.NoVolunteer: "This person is not a registered volunteer.",
    people.CodeUnknown: "There is no such consent code; it may have expired after 24 hours.",
    people.TooManyTries: "Too many tries; try again after {until}.",
    people.GuardianUnfit: "A guardian must be another person, an adult, and for this child's age.",
    people.ErasureAsked: "Deletion was asked for and happens on {due_at}.",
    people.TagRefused: "The tag was not set; check its name and the number of people.",
    people.NothingToWithdraw: "There is nothing to withdraw.",
    pushes.PushNotEnded: "Nothing to send again: it is on its way, arrived, or was taken back. Refresh the page.",
    pushes.PushTooLate: "It would come too late to be of use; if urgent, phone.",
    pushes.PushHasItsOwnWay: "A broadcast is not sent again to one person; see its results under Broadcasts.",
    pushes.PushNobodyThere: "This person no longer follows and cannot be reached; if urgent, phone.",
    pushes.PushMayArriveTwice: "It may have arrived already. To send it twice, refresh and click again.",
    questions.QuestionUnknown: "This question was not found; check the number.",
    questions.QuestionEmpty: "{empty}",
    questions.QuestionTooMany: "{most} questions are in progress already; wait for an answer first.",
    questions.TooManyPictures: "A question holds at most {most} pictures.",
    questions.AnswerTooLong: "Too long for one message: {length} of at most {most} characters.",
    questions.QuestionState: "Not possible now: {number} is in the state “{state}”.",
    questions.NotYours: "{number} is answered by a colleague.",
    questions.AnotherMustCheck: "You wrote the answer to {number}: another colleague must check it.",
    questions.NoDraft: "{number} has no answer to check yet.",
    questions.NotAnExpert: "{username} does not answer this field, or is away.",
    questions.QuestionEmptied: "{number} was kept long enough and its words deleted; no more notes.",
    questions.CannedUnknown: "These kept words were retired; open the page again.",
    questions.CannedTaken: "There are kept words called “{title}” already; choose another title or edit those.",
    questions.ListUnknown: "There is no list of problems for {month} yet; drafts are made on the 30th.",
    questions.ListSigned: "The list for {month} is signed and cannot change any more.",
    questions.ListUnread: "Nobody has read {left} entries of {month} yet; read them, then sign.",
    questions.TellsWho: "It still tells who somebody is. Suggestion: {shown}",
    questions.MergeImpossible: "{number} cannot be merged: choose another question in progress, not one merged itself.",
    registrations.AgeLow: "People must be at least {limit} on the day of service ({day}).",
    registrations.AgeHigh: "People must be at most {limit} on the day of service ({day}).",
    registrations.GuardianRequired: "Under 18 a guardian must consent before signing up.",
    registrations.MinorDangerous: "This activity is dangerous: nobody under 18 takes part, whoever consents.",
    registrations.CourseRequired: "To be completed first: {names}.",
    registrations.SkillRequired: "This role needs: {names}.",
    registrations.MembersOnly: "Only members of {team} sign up for this.",
    registrations.DailyCap: "Too many hours on that day: {planned} with this shift, at most {limit}.",
    registrations.WeeklyCap: "Too many hours in that week: {planned} with this shift, at most {limit}.",
    registrations.Suspended: "No sign-ups until {until}: {reason}",
    registrations.InsuranceCutoff: "The insurance list closed on {closed_at}; the leader can add people on site.",
    registrations.AgreementRequired: "The volunteer agreement must be signed first.",
    registrations.PartyTooLarge: "At most {limit} people sign up together.",
    registrations.NotYourChild: "You are not registered as this child's guardian.",
    registrations.InvitationUnknown: "This invitation was used, expired or mistyped.",
    registrations.NotTheLeader: "Only a team's leader reserves seats by a list.",
    registrations.SeatsTooFew: "{wanted} seats cannot be kept; {free} are free.",
    registrations.NotOnTheList: "The seats kept for {team} are for those on its list.",
    registrations.NamesUnclear: "One person a line: name and mobile, for example 张小青 13812345678.",
    registrations.SwapUnknown: "This swap code was used, expired or mistyped.",
    registrations.NotARosterSeat: "Only a confirmed seat of a roster can be handed over.",
    registrations.LineWaits: "{waiting} people wait for this shift; the seat is theirs first.",
    registrations.NothingToExchange: "The other side does not hold that shift.",
    registrations.ConsentMissing: "Ask first whether the person agrees to leave name and phone.",
    registrations.NoSeatLeft: "All {capacity} seats are taken. Add seats first.",
    registrations.NotPending: "This sign-up has been decided already.",
    staff.StaffUnknown: "There is no such account; look at the list.",
    staff.StaffDisabled: "{username} is disabled; restore the account first.",
    staff.LoginInvalid: "A username has 2 to 64 characters without spaces, for example xiaoli.",
    staff.LoginTaken: "The username {username} is taken; choose another.",
    staff.PasswordTooShort: "A password has at least {least} characters; a few words in a row do well.",
    staff.OwnAccount: "Another administrator must change your own role or disable you.",
    staff.LastAdmin: "This is the last administrator; give another colleague that role first.",
    staff.AdminBindsAlone: "Administrators bind their own WeChat only themselves, under My account.",
    staff.TwoAdminsNeeded: "An administrator takes two: add another role first, then change it on their page.",
    staff.NoSecondAdmin: "No second administrator can approve it: run python -m bot staff … {username}.",
    staff.SameAdmin: "Another administrator must approve: not the one it is about, nor the one who asked.",
    staff.NotWanted: "Nothing is waiting here: it was taken back, done or has expired. Refresh the page.",
    staff.FactorCodeWrong: "The six digits are wrong; use those shown now and check the phone's clock.",
    teams.TeamUnknown: "There is no such team.",
    teams.TeamIncomplete: "The team still needs: {fields}.",
    teams.TeamNotOpen: "“{name}” takes nobody now.",
    teams.AlreadyInTeam: "Already a member of “{name}”, or applying.",
    teams.NotInTeam: "Not a member of this team.",
    teams.LastLeader: "“{name}” has only this leader; name another one first, or stop the team.",
    teams.NothingToDecide: "This has been decided already, or was taken back.",
    teams.NotYoursToDecide: "This is not yours to decide; nothing was changed.",
    teams.ReasonMissing: "Give a reason; the person will read it.",
    teams.AppointmentInvalid: "This code is wrong, used or expired; make a new one.",
    teams.NotBegun: "This shift begins on {starts_at}; it cannot be noted yet.",
    teams.AlreadySettled: "This shift was settled on {settled_at}: correct the hours instead of its times.",
    teams.EndOutOfBounds: "The end must lie between {earliest} and {latest}.",
    teams.OutcomeUnclear: "The amounts were not understood. Write numbers with units, like 120公斤垃圾，50户.",
    teams.WordsNotFit: "Nothing was sent: at most 200 characters, and no phone numbers.",
}
HOURS = {
    "minutes": "Hours must be above 0 and not longer than the time given.",
    "planned": "No more than the activity's planned hours ({most} left).",
    "evidence": "Hours without an activity need evidence.",
    "reason": "Give a reason; the person will read it.",
}
EMPTY = {
    "text": "Say in a few words what it is about.",
    "reason": "Give a reason; the person will read it.",
    "place": "Say where it is passed on to.",
    "note": "Write the note.",
    "title": "Kept words need a title and a text.",
    "answer": "Write the answer.",
}
FIELDS = {
    "name": "name", "phone": "phone", "birth_date": "date of birth", "id": "identity number", "reason": "reason",
    "insurer": "insurer", "number": "policy number", "valid_until": "end of the policy", "title": "title",
    "body": "text", "link": "link", "activity": "activity", "picture": "picture", "channel": "channel",
    "weekdays": "weekdays", "slots": "times of the day", "first_on": "first day", "last_on": "last day",
    "except_on": "days off",
}  # fmt: skip


def said(refused: Refused, zone: ZoneInfo) -> str:
    sentence = next(text for kind, text in SENTENCES.items() if isinstance(refused, kind))
    return sentence.format_map(_words(refused, zone)).strip()


def _words(refused: Refused, zone: ZoneInfo) -> Mapping[str, Any]:
    """What the refusal knows, as it is written in English."""
    found = {name: _word(name, value, zone) for name, value in vars(refused).items()}
    match refused:
        case general.TimeConflict(other=other):
            span = dates.span(other.starts_at, other.ends_at, zone)
            return {"code": other.code, "title": other.title, "span": span}
        case hour_rules.HoursImpossible(why=why, most=most):
            return {"hours_why": HOURS[why].format(most=hours.shown(most))}
        case questions.QuestionEmpty(what=what):
            return {"empty": EMPTY[what]}
        case merits.PointsShort() | merits.PriceChanged():
            found |= {name: points.shown(value) for name, value in vars(refused).items() if isinstance(value, int)}
        case merits.StarNotReached(missing=minutes):
            found["missing"] = hours.shown(minutes)
        case registrations.DailyCap() | registrations.WeeklyCap():
            found |= {name: hours.shown(value) for name, value in vars(refused).items()}
    return found


def _word(name: str, value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return dates.moment(value, zone)
    if isinstance(value, date):
        return dates.day(value)
    if name == "fields":
        return ", ".join(FIELDS.get(each) or translated(heading_of(each)).lower() for each in value)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else value
