"""Which tests hold which invariant of the domain: each named here exists, or this fails."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
HELD = {
    "01 seats": ["services/test_registrations_machine.py::test_random_histories",
                 "services/test_concurrency.py::test_seats_are_exact_and_the_line_is_in_order",
                 "services/test_concurrency.py::test_sixteen_processes_with_parties_and_teams",
                 "services/test_concurrency.py::test_twin_without_the_guard_seats_are_sold_twice"],
    "02 one person once": ["services/test_concurrency.py::test_the_same_message_at_once_is_one_registration",
                           "services/test_personal_tables.py::test_one_human_with_two_accounts_has_one_place"],
    "03 the line": ["services/test_line_histories.py", "services/test_registrations_machine.py::test_random_histories"],
    "04 no idle seat": ["services/test_offers.py::test_the_sweep_finds_seats_that_came_free_unnoticed",
                        "push/test_worker.py::test_offers_run_out_and_seats_move_on_by_the_sweep"],
    "05 nothing afterwards": [
        "services/test_activity_states.py::test_after_it_is_cancelled_or_has_begun_nobody_is_offered_a_seat",
        "services/test_gates.py::test_after_the_insurers_list_nobody_joins_or_is_offered",
        "push/test_reminders.py::test_not_after_the_activity_was_cancelled_but_the_follower_is_told",
        "services/test_rosters.py::test_a_cancelled_station_makes_no_more_shifts"],
    "06 fewer seats": ["services/test_activity_states.py::test_fewer_seats_than_parties_and_teams_hold_are_refused"],
    "07 no minute twice": ["services/test_ledger.py::test_an_overlapped_half_hour_counts_once"],
    "08 no override": ["services/test_no_override.py::test_nobody_lets_a_minor_into_danger",
                       "services/test_gates.py::test_the_age_on_the_day_of_the_shift_counts"],
    "09 published": ["services/test_no_override.py::test_nothing_becomes_open_without_its_risks_named_and_insured",
                     "services/test_no_override.py::test_more_shifts_of_what_is_dangerous_are_covered_too",
                     "services/test_activity_states.py::test_staffs_own_import_meets_the_same_guards"],
    "10 totals": ["services/test_certificates.py::test_the_total_is_the_ledgers_at_that_moment",
                  "services/test_ledger.py::test_the_database_refuses_changes"],
    "11 evidence": ["services/test_verification_hours.py::test_each_rule_notices_its_breach",
                    "services/test_honours.py::test_it_counts_only_when_another_has_approved"],
    "12 only volunteering": ["services/test_ledger.py::test_what_is_no_volunteering_gives_nothing"],
    "13 points": ["services/test_points_histories.py::test_on_sqlite",
                  "services/test_redemptions.py::test_points_for_two_buy_two",
                  "services/test_points.py::test_a_key_said_again_returns_the_first"],
    "14 stars": ["services/test_stars.py::test_thresholds_to_the_tenth",
                 "services/test_stars.py::test_without_days_of_announcement_no_state_is_skipped"],
    "15 repeats": ["conversation/test_replay.py::test_one_effect_and_the_same_answer",
                   "conversation/test_inbox.py::test_a_repeat_gets_the_same_reply_and_no_second_effect"],
    "16 reminders": ["push/test_reminders.py::test_a_day_and_two_hours_before_once_each",
                     "push/test_kill.py::test_a_template_is_seen_once_though_it_was_called_twice"],
    "20 public": ["pages/test_verification.py::test_no_page_shows_a_name_a_number_or_a_place",
                  "services/test_leaders.py::test_names_and_digits_are_shown_while_they_are_needed_and_every_reading_is_noted"],
    "21 audit": ["services/test_audit_walk.py::test_every_state_is_watched",
                 "services/test_audit_walk.py::test_each_watched_column_leaves_one_row_with_actor_before_after_and_reason",
                 "services/test_auditing.py::test_the_chain_grows_in_turns_and_fits"],
    "22 export, erasure": [
        "services/test_personal_tables.py::test_every_table_of_a_person_is_exported_or_it_is_said_why_not",
        "services/test_personal_tables.py::test_what_is_left_after_an_erasure_is_what_the_law_keeps"],
    "23 sessions": ["conversation/test_session.py::test_it_is_forgotten_after_its_time",
                    "conversation/test_session.py::test_a_seal_shows_no_phone_number"],
    "24 length": ["handlers/test_cards.py::test_a_full_card_fits_one_reply",
                  "conversation/test_whole.py::test_a_long_answer_comes_in_parts"],
    "25 settings": ["services/test_ledger.py::test_a_change_of_rules_changes_only_what_comes_later",
                    "services/test_points.py::test_minutes_dated_before_a_new_rate_keep_theirs"],
}  # fmt: skip


@pytest.mark.parametrize("test", [test for tests in HELD.values() for test in tests])
def test_it_exists(test: str) -> None:
    file, _, name = test.partition("::")
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    assert not name or name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
