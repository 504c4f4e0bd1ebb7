//! That tables are made once, and that a server tells of itself.

use crate::history::Condition;
use crate::history::Migrate;
use crate::history::record::*;
use crate::history::store::{Connection, StoreErrorKind};
use crate::history::tests::bed::*;
use crate::history::tests::bed_questions::everything;

pub fn the_tables_are_made_once(bed: &Bed) {
    let mut first = bed.connect();
    first.migrate(Migrate::Auto).unwrap();
    first.migrate(Migrate::Check).unwrap();
    bed.connect().migrate(Migrate::Auto).unwrap();
}

pub fn the_tables_are_made_by_many_at_once(bed: &Bed) {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut connection = bed.connect();
                assert_eq!(one(connection.as_mut(), write_record(queued(message(), None))), Written::Done);
            });
        }
    });
    assert_eq!(bed.connect().page(&everything()).unwrap().len(), 4);
}

pub fn check_and_off_make_nothing(bed: &Bed) {
    let mut connection = bed.store.connect().unwrap();
    connection.migrate(Migrate::Off).unwrap();
    let error = connection.migrate(Migrate::Check).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Schema, "{error:?}");
    connection.migrate(Migrate::Auto).unwrap();
    connection.migrate(Migrate::Check).unwrap();
}

pub fn the_server_describes_itself(bed: &Bed) {
    let text = bed.connect().describe().unwrap();
    assert!(text.starts_with(bed.store.name()), "{text}");
    // What is acknowledged must be on the disk.
    let durable = match bed.store.name() {
        "PostgreSQL" => "synchronous_commit=on",
        "SQL Server" => "delayed_durability=",
        _ => "synchronous=2",
    };
    assert!(text.contains(durable), "{text}");
}

pub fn a_check_tells_of_tables_and_commits(bed: &Bed) {
    let conditions = |connection: &mut dyn Connection| -> Vec<(&'static str, Condition)> {
        connection.check().unwrap().into_iter().map(|finding| (finding.item, finding.condition)).collect()
    };
    let mut without = bed.store.connect().unwrap();
    let found = conditions(without.as_mut());
    assert_eq!(found[..2], [("database", Condition::Good), ("schema", Condition::Broken)]);
    let mut connection = bed.connect();
    let found = conditions(connection.as_mut());
    assert_eq!(found[..2], [("database", Condition::Good), ("schema", Condition::Good)]);
    assert_eq!(found[2], ("durability", Condition::Good), "{:?}", connection.check());
}
