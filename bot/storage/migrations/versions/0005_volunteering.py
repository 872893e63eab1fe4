"""Volunteering: who people are, teams, attendance, hours, points, stars, certificates, and the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=48), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("sealed", sa.Integer(), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
    )

    op.create_table(
        "certificate_numbers",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name="pk_certificate_numbers"),
    )
    op.create_table(
        "courses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_courses"),
        sa.UniqueConstraint("name", name="uq_courses_name"),
    )
    op.create_table(
        "points_transactions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=96), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("rule_since", sa.Date(), nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_points_transactions"),
        sa.UniqueConstraint("key", name="uq_points_transactions_key"),
    )
    op.create_table(
        "policies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("insurer", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accident_yuan", sa.Integer(), nullable=True),
        sa.Column("hospital_days", sa.Integer(), nullable=True),
        sa.Column("claims_phone", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policies"),
        sa.UniqueConstraint("number", name="uq_policies_number"),
    )
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("department", sa.String(length=32), nullable=True),
        sa.Column("area", sa.String(length=32), nullable=False),
        sa.Column("specialties", sa.JSON(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("contact", sa.String(length=64), nullable=False),
        sa.Column("open_to_join", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["teams.id"], name="fk_teams_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_teams"),
        sa.UniqueConstraint("code", name="uq_teams_code"),
        sa.UniqueConstraint("department", name="uq_teams_department"),
    )

    op.create_table(
        "certificates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("verify_code", sa.String(length=16), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("snapshot_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seal_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_reason", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_certificates_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_certificates"),
        sa.UniqueConstraint("number", name="uq_certificates_number"),
        sa.UniqueConstraint("verify_code", name="uq_certificates_verify_code"),
    )

    op.create_table(
        "completions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.Column("organiser", sa.String(length=64), nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_completions_course_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_completions_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_completions"),
        sa.UniqueConstraint(
            "course_id", "person_id", "completed_on", name="uq_completions_course_id_person_id_completed_on"
        ),
    )

    op.create_table(
        "documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("filename", sa.String(length=128), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("content_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_documents_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.UniqueConstraint("token_hash", name="uq_documents_token_hash"),
    )

    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_erasures_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_erasures"),
    )

    op.create_table(
        "guardianships",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("minor_id", sa.Integer(), nullable=False),
        sa.Column("guardian_id", sa.Integer(), nullable=True),
        sa.Column("relation", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("code_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["guardian_id"], ["people.id"], name="fk_guardianships_guardian_id"),
        sa.ForeignKeyConstraint(["minor_id"], ["people.id"], name="fk_guardianships_minor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_guardianships"),
    )

    op.create_table(
        "memberships",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_memberships_person_id"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_memberships_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_memberships"),
    )

    op.create_table(
        "points_legs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transaction_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["lot_id"], ["points_transactions.id"], name="fk_points_legs_lot_id"),
        sa.ForeignKeyConstraint(["transaction_id"], ["points_transactions.id"], name="fk_points_legs_transaction_id"),
        sa.PrimaryKeyConstraint("id", name="pk_points_legs"),
    )

    op.create_table(
        "points_lots",
        sa.Column("transaction_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_points_lots_person_id"),
        sa.ForeignKeyConstraint(["transaction_id"], ["points_transactions.id"], name="fk_points_lots_transaction_id"),
        sa.PrimaryKeyConstraint("transaction_id", name="pk_points_lots"),
    )

    op.create_table(
        "rewards",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("cost", sa.Integer(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("per_person_yearly", sa.Integer(), nullable=True),
        sa.Column("pickup", sa.String(length=128), nullable=False),
        sa.Column("valid_days", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("offered_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offered_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["staff.id"], name="fk_rewards_merchant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_rewards"),
    )
    op.create_table(
        "star_awards",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("star", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("rule_since", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_star_awards_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_star_awards"),
    )

    op.create_table(
        "suspensions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_suspensions_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_suspensions"),
    )

    op.create_table(
        "volunteers",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=True),
        sa.Column("vcode", sa.String(length=32), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=32), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("education", sa.String(length=32), nullable=False),
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("political", sa.String(length=32), nullable=False),
        sa.Column("email_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("address_encrypted", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_volunteers_person_id"),
        sa.PrimaryKeyConstraint("person_id", name="pk_volunteers"),
        sa.UniqueConstraint("number", name="uq_volunteers_number"),
        sa.UniqueConstraint("vcode", name="uq_volunteers_vcode"),
    )

    op.create_table(
        "agreements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("text_version", sa.String(length=32), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activities.id"], name="fk_agreements_activity_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_agreements_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_agreements"),
        sa.UniqueConstraint("activity_id", "person_id", name="uq_agreements_activity_id_person_id"),
    )

    op.create_table(
        "redemptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reward_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("cost", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("code_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_by", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_redemptions_person_id"),
        sa.ForeignKeyConstraint(["reward_id"], ["rewards.id"], name="fk_redemptions_reward_id"),
        sa.PrimaryKeyConstraint("id", name="pk_redemptions"),
        sa.UniqueConstraint("code_hash", name="uq_redemptions_code_hash"),
    )

    op.create_table(
        "rosters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("slots", sa.JSON(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("except_on", sa.JSON(), nullable=False),
        sa.Column("made_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["activity_id"], ["activities.id"], name="fk_rosters_activity_id"),
        sa.PrimaryKeyConstraint("id", name="pk_rosters"),
    )

    op.create_table(
        "insurance_rosters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("cut_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name="fk_insurance_rosters_shift_id"),
        sa.PrimaryKeyConstraint("id", name="pk_insurance_rosters"),
    )

    op.create_table(
        "outcomes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.String(length=16), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name="fk_outcomes_shift_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outcomes"),
    )

    op.create_table(
        "reservations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_reservations_person_id"),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name="fk_reservations_shift_id"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_reservations_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reservations"),
    )

    op.create_table(
        "attendance_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=True),
        sa.Column("place_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("nonce", sa.String(length=96), nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.Column("answers_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["answers_id"], ["attendance_events.id"], name="fk_attendance_events_answers_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_attendance_events_person_id"),
        sa.ForeignKeyConstraint(["registration_id"], ["registrations.id"], name="fk_attendance_events_registration_id"),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name="fk_attendance_events_shift_id"),
        sa.PrimaryKeyConstraint("id", name="pk_attendance_events"),
        sa.UniqueConstraint("nonce", name="uq_attendance_events_nonce"),
    )

    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=True),
        sa.Column("party_of", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("phone_hash", sa.String(length=64), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=16), nullable=True),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["party_of"], ["registrations.id"], name="fk_invitations_party_of"),
        sa.ForeignKeyConstraint(["registration_id"], ["registrations.id"], name="fk_invitations_registration_id"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_invitations_reservation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
    )

    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=True),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("rule_since", sa.Date(), nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.Column("approved_by", sa.String(length=32), nullable=False),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=True),
        sa.Column("external_id", sa.String(length=96), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_ledger_entries_person_id"),
        sa.ForeignKeyConstraint(["registration_id"], ["registrations.id"], name="fk_ledger_entries_registration_id"),
        sa.ForeignKeyConstraint(["reverses_id"], ["ledger_entries.id"], name="fk_ledger_entries_reverses_id"),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name="fk_ledger_entries_shift_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entries"),
        sa.UniqueConstraint("reverses_id", name="uq_ledger_entries_reverses_id"),
        sa.UniqueConstraint("source", "external_id", name="uq_ledger_entries_source_external_id"),
    )

    op.create_table(
        "swaps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("wanted_shift_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.Integer(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["registration_id"], ["registrations.id"], name="fk_swaps_registration_id"),
        sa.ForeignKeyConstraint(["taken_by"], ["registrations.id"], name="fk_swaps_taken_by"),
        sa.ForeignKeyConstraint(["wanted_shift_id"], ["shifts.id"], name="fk_swaps_wanted_shift_id"),
        sa.PrimaryKeyConstraint("id", name="pk_swaps"),
    )

    op.create_table(
        "appeals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("claimed_in", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_out", sa.DateTime(timezone=True), nullable=True),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=False),
        sa.Column("answer", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entries.id"], name="fk_appeals_entry_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_appeals_person_id"),
        sa.ForeignKeyConstraint(["registration_id"], ["registrations.id"], name="fk_appeals_registration_id"),
        sa.PrimaryKeyConstraint("id", name="pk_appeals"),
    )

    op.create_table(
        "certificate_entries",
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificates.id"], name="fk_certificate_entries_certificate_id"),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entries.id"], name="fk_certificate_entries_entry_id"),
        sa.PrimaryKeyConstraint("certificate_id", "entry_id", name="pk_certificate_entries"),
    )

    op.create_table(
        "manual_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("shift_id", sa.Integer(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("evidence", sa.String(length=128), nullable=False),
        sa.Column("evidence_sha256", sa.String(length=64), nullable=False),
        sa.Column("alerts", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=255), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["activity_id"], ["activities.id"], name="fk_manual_entries_activity_id"),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entries.id"], name="fk_manual_entries_entry_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_manual_entries_person_id"),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name="fk_manual_entries_shift_id"),
        sa.PrimaryKeyConstraint("id", name="pk_manual_entries"),
    )
    _columns()
    _indexes()


def _columns() -> None:
    op.add_column("activities", sa.Column("author", sa.String(length=32), nullable=False, server_default=""))
    op.add_column("activities", sa.Column("reviewer", sa.String(length=32), nullable=False, server_default=""))
    op.add_column("activities", sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("activities", sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("activities", sa.Column("review_note", sa.String(length=255), nullable=False, server_default=""))
    op.add_column(
        "activities",
        sa.Column("leader_id", sa.Integer(), sa.ForeignKey("people.id", name="fk_activities_leader_id"), nullable=True),
        inline_references=True,
    )
    op.add_column(
        "activities",
        sa.Column("team_id", sa.Integer(), sa.ForeignKey("teams.id", name="fk_activities_team_id"), nullable=True),
        inline_references=True,
    )
    op.add_column(
        "activities",
        sa.Column(
            "campaign_id", sa.Integer(), sa.ForeignKey("activities.id", name="fk_activities_campaign_id"), nullable=True
        ),
        inline_references=True,
    )
    op.add_column("activities", sa.Column("claimable", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column(
        "activities",
        sa.Column(
            "claimed_by", sa.Integer(), sa.ForeignKey("teams.id", name="fk_activities_claimed_by"), nullable=True
        ),
        inline_references=True,
    )
    op.add_column(
        "activities",
        sa.Column(
            "policy_id", sa.Integer(), sa.ForeignKey("policies.id", name="fk_activities_policy_id"), nullable=True
        ),
        inline_references=True,
    )
    op.add_column("activities", sa.Column("visibility", sa.String(length=16), nullable=False, server_default="public"))
    op.add_column("activities", sa.Column("approval", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("activities", sa.Column("dangerous", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("activities", sa.Column("large", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column(
        "activities", sa.Column("agreement_required", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("activities", sa.Column("area", sa.String(length=32), nullable=False, server_default=""))
    op.add_column("activities", sa.Column("latitude", sa.Double(), nullable=True))
    op.add_column("activities", sa.Column("longitude", sa.Double(), nullable=True))
    op.add_column("activities", sa.Column("radius_m", sa.Integer(), nullable=True))
    op.add_column(
        "consents",
        sa.Column("given_by", sa.Integer(), sa.ForeignKey("people.id", name="fk_consents_given_by"), nullable=True),
        inline_references=True,
    )
    op.add_column("offers", sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("people", sa.Column("gender", sa.String(length=8), nullable=False, server_default=""))
    op.add_column("people", sa.Column("birth_date", sa.Date(), nullable=True))
    op.add_column("people", sa.Column("id_type", sa.String(length=16), nullable=False, server_default=""))
    op.add_column("people", sa.Column("id_encrypted", sa.LargeBinary(), nullable=True))
    op.add_column("people", sa.Column("id_hash", sa.String(length=64), nullable=True))
    op.add_column("people", sa.Column("area", sa.String(length=32), nullable=False, server_default=""))
    op.add_column("people", sa.Column("skills", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column(
        "people",
        sa.Column("merged_into", sa.Integer(), sa.ForeignKey("people.id", name="fk_people_merged_into"), nullable=True),
        inline_references=True,
    )
    op.add_column("people", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("registrations", sa.Column("party_size", sa.Integer(), nullable=False, server_default="1"))
    op.add_column(
        "registrations",
        sa.Column(
            "party_of", sa.Integer(), sa.ForeignKey("registrations.id", name="fk_registrations_party_of"), nullable=True
        ),
        inline_references=True,
    )
    op.add_column(
        "registrations",
        sa.Column(
            "reservation_id",
            sa.Integer(),
            sa.ForeignKey("reservations.id", name="fk_registrations_reservation_id"),
            nullable=True,
        ),
        inline_references=True,
    )
    op.add_column("registrations", sa.Column("auto_accept", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("registrations", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("registrations", sa.Column("skipped", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("registrations", sa.Column("uninsured", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("registrations", sa.Column("source", sa.String(length=16), nullable=False, server_default="chat"))
    op.add_column("shifts", sa.Column("break_minutes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("shifts", sa.Column("cap_minutes", sa.Integer(), nullable=True))
    op.add_column("shifts", sa.Column("min_age", sa.Integer(), nullable=True))
    op.add_column("shifts", sa.Column("max_age", sa.Integer(), nullable=True))
    op.add_column("shifts", sa.Column("needs", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("shifts", sa.Column("insurance_closes_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("shifts", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("shifts", sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "shifts",
        sa.Column("roster_id", sa.Integer(), sa.ForeignKey("rosters.id", name="fk_shifts_roster_id"), nullable=True),
        inline_references=True,
    )
    op.add_column("shifts", sa.Column("roster_slot", sa.String(length=16), nullable=True))


def _indexes() -> None:
    op.create_index("ix_audit_entries_subject", "audit_entries", ["subject"])
    op.create_index("uq_audit_entries_sealed", "audit_entries", ["sealed"], unique=True)
    op.create_index("ix_teams_area", "teams", ["area"])
    op.create_index("ix_teams_name", "teams", ["name"])
    op.create_index("ix_teams_parent_id", "teams", ["parent_id"])
    op.create_index("ix_certificates_person_id", "certificates", ["person_id"])
    op.create_index("ix_completions_person_id", "completions", ["person_id"])
    op.create_index("ix_documents_expires_at", "documents", ["expires_at"])
    op.create_index("ix_documents_person_id", "documents", ["person_id"])
    op.create_index("ix_erasures_due_at", "erasures", ["due_at"])
    op.create_index("ix_erasures_person_id", "erasures", ["person_id"])
    op.create_index("ix_guardianships_code_hash", "guardianships", ["code_hash"])
    op.create_index("ix_guardianships_guardian_id", "guardianships", ["guardian_id"])
    op.create_index("ix_guardianships_minor_id", "guardianships", ["minor_id"])
    op.create_index(
        "uq_guardianships_active",
        "guardianships",
        ["minor_id", "guardian_id"],
        unique=True,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index("ix_memberships_person_id", "memberships", ["person_id"])
    op.create_index("ix_memberships_team_id", "memberships", ["team_id"])
    op.create_index(
        "uq_memberships_live",
        "memberships",
        ["team_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('applied', 'active')"),
        postgresql_where=sa.text("state IN ('applied', 'active')"),
    )
    op.create_index("ix_points_legs_account", "points_legs", ["account", "lot_id", "amount"])
    op.create_index("ix_points_legs_transaction_id", "points_legs", ["transaction_id"])
    op.create_index("ix_points_lots_expires_at", "points_lots", ["expires_at"])
    op.create_index("ix_points_lots_person_id", "points_lots", ["person_id"])
    op.create_index("ix_star_awards_person_id", "star_awards", ["person_id"])
    op.create_index("ix_star_awards_state", "star_awards", ["state"])
    op.create_index(
        "uq_star_awards_live",
        "star_awards",
        ["person_id", "star"],
        unique=True,
        sqlite_where=sa.text("state <> 'refused'"),
        postgresql_where=sa.text("state <> 'refused'"),
    )
    op.create_index("ix_suspensions_person_id", "suspensions", ["person_id"])
    op.create_index("ix_volunteers_state", "volunteers", ["state"])
    op.create_index("ix_agreements_person_id", "agreements", ["person_id"])
    op.create_index("ix_redemptions_expires_at", "redemptions", ["expires_at"])
    op.create_index("ix_redemptions_person_id", "redemptions", ["person_id"])
    op.create_index("ix_redemptions_reward_id", "redemptions", ["reward_id"])
    op.create_index("ix_redemptions_state", "redemptions", ["state"])
    op.create_index("ix_rosters_activity_id", "rosters", ["activity_id"])
    op.create_index("ix_insurance_rosters_shift_id", "insurance_rosters", ["shift_id"])
    op.create_index("ix_outcomes_shift_id", "outcomes", ["shift_id"])
    op.create_index("ix_reservations_expires_at", "reservations", ["expires_at"])
    op.create_index("ix_reservations_shift_id", "reservations", ["shift_id"])
    op.create_index("ix_reservations_team_id", "reservations", ["team_id"])
    op.create_index("ix_attendance_events_person_id", "attendance_events", ["person_id"])
    op.create_index("ix_attendance_events_registration_id", "attendance_events", ["registration_id"])
    op.create_index("ix_attendance_events_shift_person", "attendance_events", ["shift_id", "person_id"])
    op.create_index("ix_invitations_code_hash", "invitations", ["code_hash"])
    op.create_index("ix_invitations_party_of", "invitations", ["party_of"])
    op.create_index("ix_invitations_phone_hash", "invitations", ["phone_hash"])
    op.create_index("ix_invitations_reservation_id", "invitations", ["reservation_id"])
    op.create_index("ix_ledger_entries_person", "ledger_entries", ["person_id", "kind", "effective_on", "minutes"])
    op.create_index("ix_ledger_entries_registration_id", "ledger_entries", ["registration_id"])
    op.create_index("ix_ledger_entries_shift_id", "ledger_entries", ["shift_id"])
    op.create_index("ix_swaps_code", "swaps", ["code"])
    op.create_index("ix_swaps_registration_id", "swaps", ["registration_id"])
    op.create_index("ix_swaps_state", "swaps", ["state"])
    op.create_index("ix_appeals_person_id", "appeals", ["person_id"])
    op.create_index("ix_appeals_registration_id", "appeals", ["registration_id"])
    op.create_index("ix_appeals_state", "appeals", ["state"])
    op.create_index("ix_certificate_entries_entry_id", "certificate_entries", ["entry_id"])
    op.create_index("ix_manual_entries_activity_id", "manual_entries", ["activity_id"])
    op.create_index("ix_manual_entries_entered_at", "manual_entries", ["entered_at"])
    op.create_index("ix_manual_entries_entered_by", "manual_entries", ["entered_by"])
    op.create_index("ix_manual_entries_evidence_sha256", "manual_entries", ["evidence_sha256"])
    op.create_index("ix_manual_entries_person_id", "manual_entries", ["person_id"])
    op.create_index("ix_manual_entries_state", "manual_entries", ["state"])
    op.create_index("ix_activities_area", "activities", ["area"])
    op.create_index("ix_activities_campaign_id", "activities", ["campaign_id"])
    op.create_index("ix_activities_leader_id", "activities", ["leader_id"])
    op.create_index("ix_activities_team_id", "activities", ["team_id"])
    op.create_index("ix_people_id_hash", "people", ["id_hash"])
    op.create_index("ix_people_merged_into", "people", ["merged_into"])
    op.create_index("ix_registrations_party_of", "registrations", ["party_of"])
    op.create_index("ix_registrations_reservation_id", "registrations", ["reservation_id"])
    op.create_index("ix_shifts_settled_at", "shifts", ["settled_at"])
    op.create_index("uq_shifts_roster_slot", "shifts", ["roster_id", "roster_slot"], unique=True)


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before: the older tables cannot hold what people did since")
