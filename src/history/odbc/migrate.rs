//! Making and upgrading the tables of a server, step by step.

use super::dialect::Dialect;
use super::session::Session;
use crate::history::fields::Fields;
use crate::history::migrate::{is_upgrade_due, nobody_is_left};
use crate::history::names::Names;
use crate::history::select::Value;
use crate::history::store::{Migrate, StoreError, StoreErrorKind, StoreResult};
use crate::history::tables::steps_after;
use uuid::Uuid;

/// Makes, upgrades or checks the tables. Whoever makes or upgrades them holds
/// a lock, so that several processes may start at once.
pub fn migrate(session: &mut Session, dialect: &dyn Dialect, names: &Names, how: Migrate) -> StoreResult<()> {
    dialect.check_server(session)?;
    let found = dialect.version(session, names)?;
    if is_upgrade_due(how, found)? {
        session.begin()?;
        upgrade(session, dialect, names).map_err(|error| session.roll_back(error))?;
        crate::points::reach("migrating");
        committed(session)?;
    }
    // Whoever makes tables may also change rows that the others cannot.
    if how == Migrate::Auto && dialect.is_moved(session, names)? {
        session.begin()?;
        let settled = dialect.lock_tables(session, names).and_then(|()| dialect.settle_in(session, names));
        settled.map_err(|error| session.roll_back(error))?;
        committed(session)?;
    }
    Ok(())
}

/// Ends a transaction that is begun again at the next connection, wherever
/// this one came to an end.
fn committed(session: &mut Session) -> StoreResult<()> {
    session.commit().map_err(|error| StoreError::new(StoreErrorKind::Away, error.message))
}

fn upgrade(session: &mut Session, dialect: &dyn Dialect, names: &Names) -> StoreResult<()> {
    dialect.lock_tables(session, names)?;
    // Another process may have been here while we waited for the lock.
    let found = dialect.version(session, names)?.unwrap_or(0);
    if !is_upgrade_due(Migrate::Auto, Some(found))? {
        return Ok(());
    }
    if found == 0 {
        dialect.make_schema(session, names)?;
    } else {
        let sql =
            format!("SELECT count(*) FROM {} WHERE alive_until > {}", names.workers, dialect.syntax().clock);
        let living = session.rows(&sql, &[], |row| row.number())?;
        nobody_is_left(living.into_iter().next().unwrap_or_default())?;
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
