use super::*;
use State::*;

/// Whether a message in the state of the row moves to the state of the column:
/// `x` it does, `.` it stays, `o` it does unless the row has the provider's id.
/// The columns are the states in the order of `State::ALL`.
type Table = [(State, &'static str)];

//                            queued . unknown . sent . undelivered . read . expired
//                                . sending . accepted . failed . delivered . cancelled . received
const BY_HOLDER: &Table = &[
    (Queued, "x x x x x x x x x x x x"),
    (Sending, "x x x x x x x x x x x x"),
    (Unknown, "x x x x x x x x x x x x"),
    (Accepted, "o o o x x o x x x o o o"),
    (Sent, ". . . . . x x x x . . x"),
    (Failed, "o o o o o o o x x o o x"),
    (Undelivered, ". . . . . . . x x . . x"),
    (Delivered, ". . . . . . . . x . . x"),
    (Read, ". . . . . . . . . . . x"),
    (Cancelled, "x x x x x x x x x x x x"),
    (Expired, "x x x x x x x x x x x x"),
    (Received, ". . . . . . . . . . . ."),
];

const BY_PROVIDER: &Table = &[
    (Queued, ". . . x x x x x x . . ."),
    (Sending, ". . . x x x x x x . . ."),
    (Unknown, ". . . x x x x x x . . ."),
    (Accepted, ". . . . x x x x x . . ."),
    (Sent, ". . . . . x x x x . . ."),
    (Failed, ". . . o o . . x x . . ."),
    (Undelivered, ". . . . . . . x x . . ."),
    (Delivered, ". . . . . . . . x . . ."),
    (Read, ". . . . . . . . . . . ."),
    (Cancelled, ". . . x x x x x x . . ."),
    (Expired, ". . . x x x x x x . . ."),
    (Received, ". . . . . . . . . . . ."),
];

fn expected(letter: &str) -> Verdict {
    match letter {
        "x" => Verdict::Moves,
        "." => Verdict::Stays,
        _ => Verdict::MovesUnlessTheProviderHasIt,
    }
}

/// Every pair of a state that a row has and one that is reported.
fn pairs(table: &Table) -> Vec<(State, State, Verdict)> {
    assert_eq!(table.iter().map(|(held, _)| *held).collect::<Vec<_>>(), State::ALL);
    let row = |(held, letters): &(State, &'static str)| {
        let letters: Vec<&str> = letters.split(' ').collect();
        assert_eq!(letters.len(), State::ALL.len());
        let held = *held;
        let reported = State::ALL.iter().copied().zip(letters);
        reported.map(|(reported, letter)| (held, reported, expected(letter))).collect::<Vec<_>>()
    };
    table.iter().flat_map(row).collect()
}

#[test]
fn every_pair_of_states_has_its_winner() {
    for (teller, table) in [(Teller::Holder, BY_HOLDER), (Teller::Provider, BY_PROVIDER)] {
        for (held, reported, expected) in pairs(table) {
            assert_eq!(verdict(teller, held, reported), expected, "{teller:?}: {held:?}, then {reported:?}");
        }
    }
}

/// The condition says in SQL what the rule says in Rust: asked of SQLite for
/// every pair, with and without the provider's id.
#[test]
fn the_condition_says_what_the_rule_says() {
    let columns = Columns { held: "held", provider_message_id: "provider_message_id", reported: "reported" };
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    for teller in [Teller::Holder, Teller::Provider] {
        let sql = format!(
            "SELECT {} FROM (SELECT ?1 AS held, ?2 AS reported, ?3 AS provider_message_id)",
            wins(teller, State::ALL, &columns)
        );
        let mut statement = connection.prepare(&sql).unwrap();
        for (held, reported) in
            State::ALL.iter().flat_map(|held| State::ALL.iter().map(|reported| (*held, *reported)))
        {
            for id in [None, Some("SM1")] {
                let moves: bool =
                    statement.query_row((number(held), number(reported), id), |row| row.get(0)).unwrap();
                let expected = match verdict(teller, held, reported) {
                    Verdict::Moves => true,
                    Verdict::Stays => false,
                    Verdict::MovesUnlessTheProviderHasIt => id.is_none(),
                };
                assert_eq!(moves, expected, "{teller:?}: {held:?}, then {reported:?}, {id:?}");
            }
        }
    }
}

#[test]
fn reports_move_a_message_forward_only() {
    for (now, report, then) in [
        (State::Accepted, State::Sent, State::Sent),
        (State::Delivered, State::Sent, State::Delivered),
        (State::Failed, State::Undelivered, State::Failed),
        (State::Failed, State::Delivered, State::Delivered),
        (State::Unknown, State::Accepted, State::Accepted),
        (State::Cancelled, State::Delivered, State::Delivered),
        (State::Expired, State::Read, State::Read),
        (State::Read, State::Delivered, State::Read),
    ] {
        assert_eq!(after_report(now, report), then, "{now:?} + {report:?}");
    }
}

/// What may overwrite what, in the reports of delivery that a message gets:
/// whatever their order, the furthest one stands at the end.
#[test]
fn reports_in_any_order_end_at_the_furthest() {
    let reports = [Accepted, Sent, Delivered, Read];
    for turn in 0..reports.len() {
        for reversed in [false, true] {
            let mut order = reports;
            order.rotate_left(turn);
            if reversed {
                order.reverse();
            }
            for start in [Queued, Sending, Unknown, Cancelled, Expired] {
                let end = order.iter().fold(start, |held, reported| {
                    let moves = verdict(Teller::Provider, held, *reported) == Verdict::Moves;
                    if moves { *reported } else { held }
                });
                assert_eq!(end, Read, "{start:?}: {order:?}");
            }
        }
    }
}

#[test]
fn of_an_older_attempt_only_the_arrival_counts() {
    for held in State::ALL.iter().copied() {
        for report in State::ALL.iter().copied() {
            for has_id in [false, true] {
                let moves = match verdict(Teller::Provider, held, report) {
                    Verdict::Moves => true,
                    Verdict::Stays => false,
                    Verdict::MovesUnlessTheProviderHasIt => !has_id,
                };
                assert_eq!(report_moves(held, has_id, report, true), moves, "{held:?} {report:?}");
                let older = moves && matches!(report, Delivered | Read);
                assert_eq!(report_moves(held, has_id, report, false), older, "{held:?} {report:?}");
            }
        }
    }
}
