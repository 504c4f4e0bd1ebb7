//! What a server counts so that it is noticed when it goes back in time: the
//! same for all dialects.

use super::session::Session;
use crate::history::fields::Fields;
use crate::history::marks::{Marks, free_unknown};
use crate::history::names::Names;
use crate::history::select::{Syntax, Value};
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use uuid::Uuid;

pub fn marks(session: &mut Session, names: &Names, syntax: &Syntax, worker: Uuid) -> StoreResult<Marks> {
    let sql = format!("SELECT epoch FROM {} WHERE worker = {}", names.workers, syntax.id);
    let renewals = session.rows(&sql, &[Value::Text(worker.to_string())], |row| row.number())?;
    let sql = format!(
        "SELECT watermark FROM {0} WHERE version = (SELECT min(version) FROM {0})",
        names.schema_version
    );
    let decision = session.rows(&sql, &[], |row| row.number())?;
    let decision = decision.into_iter().next();
    let decision =
        decision.ok_or_else(|| StoreError::new(StoreErrorKind::Schema, "they tell no watermark"))?;
    Ok(Marks { renewals: renewals.into_iter().next(), decision })
}

pub fn mark(session: &mut Session, names: &Names, syntax: &Syntax, worker: Uuid) -> StoreResult<Marks> {
    let sql = format!("UPDATE {} SET epoch = epoch + 1 WHERE worker = {}", names.workers, syntax.id);
    session.rows(&sql, &[Value::Text(worker.to_string())], |_| Ok(()))?;
    marks(session, names, syntax, worker)
}

pub fn decide(session: &mut Session, names: &Names, syntax: &Syntax, decision: i64) -> StoreResult<()> {
    session.rows(&free_unknown(names), &[], |_| Ok(()))?;
    let sql = format!(
        "UPDATE {0} SET watermark = {1} WHERE version = (SELECT min(version) FROM {0})",
        names.schema_version, syntax.number
    );
    session.rows(&sql, &[Value::Integer(decision)], |_| Ok(())).map(drop)
}
