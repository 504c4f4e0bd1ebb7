//! The tables of what providers tell us: reports, what came already, what could not be stored, and who is who.

use super::{Column, Index, Kind, Rows, Table};

/// What providers reported of messages that we sent. The key is what makes a
/// report one and the same when it comes again.
pub const STATUSES: Table = Table {
    name: "statuses",
    columns: &[
        Column::required("account_key", Kind::Word),
        Column::required("provider_message_id", Kind::Word),
        Column::required("state", Kind::Small),
        Column::optional("message_id", Kind::Id),
        Column::optional("attempt", Kind::Number),
        Column::optional("reported_at", Kind::Long),
        Column::required("received_at", Kind::Long),
        Column::optional("provider_code", Kind::Word),
        Column::optional("body", Kind::Prose),
        // The provider's own word for the state.
        Column { since: 5, ..Column::optional("provider_status", Kind::Word) },
        Column { since: 5, ..Column::optional("recipient_id", Kind::Word) },
        Column { since: 5, ..Column::optional("error", Kind::Prose) },
        // 1 while no message was found that it is about.
        Column { since: 5, ..Column::optional("orphan", Kind::Small) },
    ],
    key: &["account_key", "provider_message_id", "state"],
    // Only orphans are in it: what finds its message at once, as nearly all
    // do, costs nothing here.
    indexes: &[Index {
        name: "statuses_orphans",
        columns: &["account_key", "received_at"],
        unique: false,
        of: Rows::With("orphan"),
    }],
};

/// What came already, so that it is applied once: messages from people, and
/// everything else that is no report. The key is a hash, and is kept longer
/// than what it stands for: what is told again after that was purged is still
/// known.
pub const NOTICES: Table = Table {
    name: "notices",
    columns: &[
        Column { since: 5, ..Column::required("account_key", Kind::Word) },
        Column { since: 5, ..Column::required("notice_key", Kind::Word) },
        Column { since: 5, ..Column::required("received_at", Kind::Long) },
    ],
    key: &["account_key", "notice_key"],
    indexes: &[],
};

/// What can never be stored where it belongs, with the reason: kept for people
/// to look at.
pub const DEAD_LETTERS: Table = Table {
    name: "dead_letters",
    columns: &[
        Column { since: 5, ..Column::required("seq", Kind::Sequence) },
        Column { since: 5, ..Column::required("account_key", Kind::Word) },
        Column { since: 5, ..Column::required("received_at", Kind::Long) },
        Column { since: 5, ..Column::required("provider", Kind::Word) },
        Column { since: 5, ..Column::required("reason", Kind::Prose) },
        Column { since: 5, ..Column::required("body", Kind::Prose) },
    ],
    key: &["seq"],
    indexes: &[],
};

/// Other names of a person, as the provider writes them (an id of WhatsApp, a
/// user id), and the address under which the history has them.
pub const ALIASES: Table = Table {
    name: "aliases",
    columns: &[
        Column { since: 5, ..Column::required("account_key", Kind::Word) },
        Column { since: 5, ..Column::required("alias", Kind::Word) },
        Column { since: 5, ..Column::required("address", Kind::Word) },
        // By the provider's clock: an older notice changes nothing.
        Column { since: 5, ..Column::required("seen_at", Kind::Long) },
    ],
    key: &["account_key", "alias"],
    indexes: &[],
};
