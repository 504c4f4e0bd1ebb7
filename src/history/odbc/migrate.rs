//! Making and upgrading the tables of a server, step by step.

use super::dialect::Dialect;
use super::session::Session;
use crate::history::migrate::{is_upgrade_due, too_new};
use crate::history::names::Names;
use crate::history::select::Value;
use crate::history::store::{Migrate, StoreResult};
use crate::history::tables::{VERSION, steps_after};
use uuid::Uuid;

/// Makes, upgrades or checks the tables. Whoever makes or upgrades them holds
/// a lock, so that several processes may start at once.
pub fn migrate(session: &mut Session, dialect: &dyn Dialect, names: &Names, how: Migrate) -> StoreResult<()> {
    dialect.check_server(session)?;
    let found = dialect.version(session, names)?;
    if !is_upgrade_due(how, found)? {
        return Ok(());
    }
    session.begin()?;
    upgrade(session, dialect, names).map_err(|error| session.roll_back(error))?;
    crate::points::reach("migrating");
    session.commit()
}

fn upgrade(session: &mut Session, dialect: &dyn Dialect, names: &Names) -> StoreResult<()> {
    dialect.lock_tables(session, names)?;
    // Another process may have been here while we waited for the lock.
    let found = dialect.version(session, names)?.unwrap_or(0);
    if found > VERSION {
        return Err(too_new(found));
    }
    if found == 0 {
        dialect.make_schema(session, names)?;
    }
    for (number, changes) in steps_after(found) {
        for statement in changes.iter().flat_map(|change| dialect.change(names, number, change)) {
            session.execute(&statement)?;
        }
        let values = [Value::Integer(number), Value::Text(Uuid::new_v4().to_string())];
        session.rows(&dialect.step_made(names), &values, |_| Ok(()))?;
    }
    Ok(())
}
