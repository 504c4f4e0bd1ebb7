//! Which report of a message's state wins. The one place that knows: the SQL
//! of every dialect is made from it.
//!
//! States have an order: queued, sending, unknown, accepted, sent, failed and
//! undelivered, delivered, read. `cancelled` and `expired` rank with unknown: a
//! message gets there by a withdrawal, whose UPDATE matches only queued rows,
//! and what the provider says afterwards still replaces them.

use crate::message::State;

/// Who tells what became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Teller {
    /// The worker whose message it is: it knows its own attempts. It may put
    /// a message back into the queue, and it contradicts nothing that the
    /// provider said of the delivery.
    Holder,
    /// The provider, by its answer to an attempt of a worker that lost the
    /// message meanwhile, or by a report of delivery: they come late, twice
    /// and in any order, so they only move a message forward.
    Provider,
}

/// Whether a message moves to the state that is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Moves,
    /// It stays what it is.
    Stays,
    /// It moves only if the row has no `provider_message_id`: a failure without
    /// one is our own conclusion, a failure with one was told by the provider.
    MovesUnlessTheProviderHasIt,
}

/// The place of a state in the order. Evidence of delivery is above the rest.
fn rank(state: State) -> u8 {
    match state {
        State::Queued => 0,
        State::Sending => 1,
        State::Unknown | State::Cancelled | State::Expired => 2,
        State::Accepted => 3,
        State::Sent => 4,
        State::Failed | State::Undelivered => 5,
        State::Delivered => 6,
        State::Read => 7,
        State::Received => 8,
    }
}

/// What a report of the provider makes of a state that it told before: the
/// further one counts, of two as far the first.
pub fn after_report(held: State, report: State) -> State {
    if verdict(Teller::Provider, held, report) == Verdict::Moves { report } else { held }
}

/// Whether a report of the provider about one attempt moves the message.
/// `newest`: no later attempt was taken. Of an older one only the proof counts
/// that the message arrived: that it failed says nothing of a message that the
/// provider took again.
pub fn report_moves(held: State, provider_has_it: bool, report: State, newest: bool) -> bool {
    let counts = newest || matches!(report, State::Delivered | State::Read);
    counts
        && match verdict(Teller::Provider, held, report) {
            Verdict::Moves => true,
            Verdict::Stays => false,
            Verdict::MovesUnlessTheProviderHasIt => !provider_has_it,
        }
}

/// Whether a report proves that the provider took the message.
pub fn proves_taken(report: State) -> bool {
    is_evidence(report)
}

/// What a report makes of a message.
pub fn verdict(teller: Teller, held: State, reported: State) -> Verdict {
    let forward = rank(reported) > rank(held);
    match (teller, held) {
        // What came in was never sent.
        (_, State::Received) => Verdict::Stays,
        (Teller::Holder, State::Sent | State::Undelivered | State::Delivered | State::Read) if !forward => {
            Verdict::Stays
        }
        (Teller::Holder, State::Failed) if !forward => Verdict::MovesUnlessTheProviderHasIt,
        // Told late, out of a dead worker's journal: another one had sent it by then.
        (Teller::Holder, State::Accepted) if !is_evidence(reported) || reported == State::Failed => {
            Verdict::MovesUnlessTheProviderHasIt
        }
        (Teller::Holder, _) => Verdict::Moves,
        (Teller::Provider, _) if !is_evidence(reported) => Verdict::Stays,
        (Teller::Provider, _) if forward => Verdict::Moves,
        // We gave it up, and it was taken all the same.
        (Teller::Provider, State::Failed) if matches!(reported, State::Accepted | State::Sent) => {
            Verdict::MovesUnlessTheProviderHasIt
        }
        (Teller::Provider, _) => Verdict::Stays,
    }
}

/// What a provider can say of a message that it was given.
fn is_evidence(state: State) -> bool {
    matches!(
        state,
        State::Accepted | State::Sent | State::Failed | State::Undelivered | State::Delivered | State::Read
    )
}

/// The columns that a condition is about, as a statement writes them.
pub struct Columns<'a> {
    /// The state that the row has.
    pub held: &'a str,
    /// The provider's id that the row has.
    pub provider_message_id: &'a str,
    /// The state that is reported.
    pub reported: &'a str,
}

/// The SQL condition under which a row takes the state that is reported. Only
/// these reports are looked at; of others it says nothing.
pub fn wins(teller: Teller, reports: &[State], columns: &Columns<'_>) -> String {
    let Columns { held, provider_message_id, reported } = columns;
    // Reports that move the same rows share a condition.
    let mut rules: Vec<(String, Vec<State>)> = Vec::new();
    for report in reports {
        let moved = |by: Verdict| -> Vec<State> {
            State::ALL.iter().copied().filter(|held| verdict(teller, *held, *report) == by).collect()
        };
        let (always, unless) = (moved(Verdict::Moves), moved(Verdict::MovesUnlessTheProviderHasIt));
        if always.is_empty() && unless.is_empty() {
            continue;
        }
        let mut rows = Vec::new();
        if !always.is_empty() {
            rows.push(format!("{held} IN ({})", numbers(&always)));
        }
        if !unless.is_empty() {
            rows.push(format!("({held} IN ({}) AND {provider_message_id} IS NULL)", numbers(&unless)));
        }
        let rows = rows.join(" OR ");
        match rules.iter_mut().find(|(known, _)| *known == rows) {
            Some((_, reports)) => reports.push(*report),
            None => rules.push((rows, vec![*report])),
        }
    }
    let rules: Vec<String> = rules
        .into_iter()
        .map(|(rows, reports)| format!("({reported} IN ({}) AND ({rows}))", numbers(&reports)))
        .collect();
    format!("({})", rules.join(" OR "))
}

/// The SQL condition under which a settlement takes back an attempt that did
/// not happen: it puts the message into the queue, and tells of no attempt. Any
/// other leaves the count of the attempts as high as it is: they may be those of
/// another worker, whose journal came later.
pub fn takes_back(state: &str, attempt: &str) -> String {
    format!("({state} = {} AND {attempt} IS NULL)", number(State::Queued))
}

/// The number of a state, for a statement.
pub fn number(state: State) -> i16 {
    state as i16
}

/// The numbers of some states, for a list in a statement.
pub fn numbers(states: &[State]) -> String {
    states.iter().map(|state| number(*state).to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
