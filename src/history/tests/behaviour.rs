//! What every store must do: a file for each subject, and the list of all, which
//! runs on each store.

mod arriving;
mod claims;
mod events;
mod reading;
mod recording;
mod removing;
mod searching;
mod settling;
mod tables;

use super::bed::Bed;
use arriving::*;
use claims::*;
use events::*;
use reading::*;
use recording::*;
use removing::*;
use searching::*;
use settling::*;
use tables::*;

macro_rules! on_every_store {
    ($($name:ident,)*) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&super::Bed::sqlite()); })*
        }
        mod postgres {
            $(#[test] fn $name() {
                if let Some(bed) = super::Bed::postgres() { super::$name(&bed); }
            })*
        }
        mod sqlserver {
            $(#[test] fn $name() {
                if let Some(bed) = super::Bed::sqlserver() { super::$name(&bed); }
            })*
        }
    };
}

on_every_store! {
    the_tables_are_made_once,
    the_tables_are_made_by_many_at_once,
    check_and_off_make_nothing,
    a_message_is_recorded_settled_and_found,
    a_replay_is_recognised,
    a_taken_id_is_refused,
    a_reference_gives_the_first_message,
    references_race,
    an_intent_needs_its_owner_and_time,
    an_intent_is_repeated_only_by_its_own,
    a_withdrawal_needs_a_queued_message,
    a_settlement_merges_by_version_and_rank,
    an_end_of_the_same_version_that_changes_the_state_is_told,
    a_report_of_delivery_is_not_taken_back,
    who_lost_a_message_settles_nothing,
    a_settlement_may_put_back_into_the_queue,
    a_late_settlement_leaves_the_queue_alone,
    a_late_acceptance_ends_the_waiting,
    a_late_equal_outcome_tells_nothing,
    a_change_that_is_written_again_tells_nothing_again,
    a_batch_holds_every_kind,
    an_empty_batch_is_nothing,
    claims_are_never_double,
    a_claim_takes_what_is_due_and_free,
    a_take_over_waits_for_the_grace,
    events_come_in_order_and_by_kind,
    events_of_others_are_not_seen,
    consumers_are_remembered,
    every_row_comes_once_while_others_insert,
    filters_find_what_they_name,
    text_is_searched_as_it_is,
    letters_are_found_in_every_case,
    pages_of_a_search_are_full,
    an_account_sees_its_own,
    messages_are_counted_by_state_and_day,
    reports_come_with_their_message,
    what_is_old_and_over_is_purged,
    a_purge_takes_no_event_from_the_future,
    what_ended_just_now_is_not_purged,
    the_newest_of_a_thousand_events_stays,
    thousands_are_purged_in_steps,
    what_was_said_to_a_contact_is_erased,
    what_is_erased_does_not_come_back,
    codes_are_masked_at_their_end_and_not_before,
    every_text_comes_back,
    a_long_text_comes_back,
    owned_ids_are_told,
    a_report_moves_its_message,
    reports_in_any_order_end_alike,
    what_came_already_is_not_applied_again,
    two_who_get_the_same_apply_it_once,
    a_report_before_the_answer_is_found_by_our_key,
    a_report_ends_what_was_unknown,
    a_report_ends_the_waiting_for_another_attempt,
    a_report_while_another_attempt_is_under_way_ends_the_trying,
    a_report_of_an_older_attempt_counts_only_as_proof_of_arrival,
    an_orphan_is_joined_when_its_message_is_there,
    no_order_leaves_a_report_without_its_message,
    reports_of_others_messages_stay_orphans,
    what_cannot_be_stored_takes_nothing_with_it,
    a_message_from_a_person_is_a_row_of_their_contact,
    names_follow_a_person,
    a_report_of_the_end_takes_a_code_out,
    what_arrived_is_purged_and_erased,
    the_server_describes_itself,
    a_check_tells_of_tables_and_commits,
}
