//! Writing in SQLite: prepared rows in one transaction.

use super::session::{begin, commit_error, store_error};
use super::statements::Statements;
use crate::history::fields::Cell;
use crate::history::implied;
use crate::history::kept::{NO_TEXT, Removed};
use crate::history::plain;
use crate::history::record::{
    AttemptRow, EventRow, Intent, MessageRow, QueueRow, Record, Reference, Settlement, Withdrawal, Write,
    Written, hidden_by,
};
use crate::history::select::Value;
use crate::history::store::StoreResult;
use crate::history::tables::message_cells;
use crate::message::State;
use crate::message::clock::Millis;
use rusqlite::{Connection, OptionalExtension, Transaction, named_params, params, params_from_iter};
use uuid::Uuid;

/// Writes all of them in one transaction.
pub fn commit(
    connection: &mut Connection,
    statements: &Statements,
    writes: &[Write],
) -> StoreResult<Vec<Written>> {
    let transaction = begin(connection)?;
    let written = write_all(&transaction, statements, writes)?;
    transaction.commit().map_err(commit_error)?;
    Ok(written)
}

/// Writes all of them in a transaction that goes on.
pub fn write_all(
    transaction: &Transaction<'_>,
    statements: &Statements,
    writes: &[Write],
) -> StoreResult<Vec<Written>> {
    let session = Session { transaction, sql: statements };
    let mut written = Vec::with_capacity(writes.len());
    for write in writes {
        let result = match write {
            Write::Record(record) => session.record(record),
            Write::Intent(intent) => session.intent(intent),
            Write::Settle(settlement) => session.settle(settlement),
            Write::Withdraw(withdrawal) => session.withdraw(withdrawal),
            Write::Event(event) => session.event(event).map(|()| Written::Done),
        };
        written.push(result.map_err(store_error)?);
    }
    let hidden = hidden_by(writes.iter());
    if !hidden.is_empty() {
        session.hide(&hidden).map_err(store_error)?;
    }
    Ok(written)
}

struct Session<'a> {
    transaction: &'a Transaction<'a>,
    sql: &'a Statements,
}

impl Session<'_> {
    fn record(&self, record: &Record) -> rusqlite::Result<Written> {
        let message = &record.message;
        if let Some(known) = self.known(record)? {
            return Ok(known);
        }
        if let Some(reference) = &record.reference
            && let Some(referenced) = self.reference(message.id, reference)?
        {
            return Ok(referenced);
        }
        let at_once = self.goes_at_once(record.queue.as_ref())?;
        self.message(message, at_once)?;
        if let Some(queue) = record.queue.as_ref().filter(|_| at_once.is_none()) {
            self.enqueue(message, queue)?;
        }
        if let Some(event) = &record.event {
            self.event(event)?;
        }
        Ok(Written::Done)
    }

    /// The worker of a message that goes at once: its place stands in its own
    /// row, where others will look for it.
    fn goes_at_once(&self, queue: Option<&QueueRow>) -> rusqlite::Result<Option<Uuid>> {
        let sending = queue.filter(|queue| queue.state == State::Sending);
        let Some(worker) = sending.and_then(|queue| queue.worker) else { return Ok(None) };
        let is_registered =
            self.transaction.prepare_cached(&self.sql.is_registered)?.exists([worker.to_string()])?;
        Ok(is_registered.then_some(worker))
    }

    /// A repeated write finds its own row; another message's id is refused.
    fn known(&self, record: &Record) -> rusqlite::Result<Option<Written>> {
        let (message, queue) = (&record.message, record.queue.as_ref());
        let values = params![
            message.id.to_string(),
            message.nonce,
            message.recipient,
            implied::stored(message, "content", Cell::Text(&message.content)),
            queue.and_then(|queue| queue.worker).map(|worker| worker.to_string()),
            queue.map(|queue| queue.state as i16),
            queue.map(|queue| queue.attempt),
            message.body,
        ];
        let found: Option<(bool, bool)> = self
            .transaction
            .prepare_cached(&self.sql.known)?
            .query_row(values, |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(found.map(|(own, held)| record.repeated(own, held)))
    }

    fn reference(&self, id: Uuid, reference: &Reference) -> rusqlite::Result<Option<Written>> {
        let inserted = self.transaction.prepare_cached(&self.sql.take_reference)?.execute(params![
            reference.scope,
            reference.hash,
            id.to_string(),
            reference.payload_hash,
            Millis::now().0
        ])?;
        if inserted == 1 {
            return Ok(None);
        }
        let (first, payload_hash): (String, String) = self
            .transaction
            .prepare_cached(&self.sql.first_reference)?
            .query_row([&reference.scope, &reference.hash], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Some(Written::Referenced {
            message_id: first.parse().unwrap_or_default(),
            same_payload: payload_hash == reference.payload_hash,
        }))
    }

    fn message(&self, message: &MessageRow, at_once: Option<Uuid>) -> rusqlite::Result<()> {
        let mut statement = self.transaction.prepare_cached(&self.sql.message)?;
        statement.raw_bind_parameter(1, Millis::now().0)?;
        statement.raw_bind_parameter(2, at_once.map(|worker| worker.to_string()))?;
        let mut bound = Ok(());
        let mut place = 2;
        message_cells(message, |_, cell| {
            place += 1;
            if bound.is_ok() {
                bound = statement.raw_bind_parameter(place, cell);
            }
        });
        bound?;
        statement.raw_execute().map(drop)
    }

    fn enqueue(&self, message: &MessageRow, queue: &QueueRow) -> rusqlite::Result<()> {
        let intent_at = (queue.state == State::Sending).then(|| Millis::now().0);
        self.transaction.prepare_cached(&self.sql.enqueue)?.execute(params![
            message.id.to_string(),
            message.account_key,
            message.priority as i16,
            queue.not_before.0,
            message.expires_at.map(|at| at.0),
            queue.state as i16,
            queue.attempt,
            queue.worker.map(|worker| worker.to_string()),
            intent_at,
        ])?;
        Ok(())
    }

    fn intent(&self, intent: &Intent) -> rusqlite::Result<Written> {
        // The same attempt of the same worker may be written again: the first
        // commit's end was not known. What has expired since is held back later.
        let now = Millis::now().0;
        let changed = self.transaction.prepare_cached(&self.sql.intend)?.execute(params![
            intent.id.to_string(),
            intent.attempt,
            intent.worker.to_string(),
            now
        ])?;
        if changed == 0 {
            return Ok(Written::NotThere);
        }
        self.transaction.prepare_cached(&self.sql.begin_attempt)?.execute(params![
            intent.id.to_string(),
            intent.attempt,
            intent.at.0
        ])?;
        Ok(Written::Done)
    }

    fn settle(&self, settlement: &Settlement) -> rusqlite::Result<Written> {
        let id = settlement.id.to_string();
        if let Some(owner) = settlement.owner
            && !self.holds(&id, owner)?
        {
            return self.settle_late(&id, settlement);
        }
        // An older version, or one that knows less than a report of delivery,
        // leaves the state alone; the attempt is stored all the same.
        let before: Option<(i32, i16, Option<i64>)> = self
            .transaction
            .prepare_cached(&self.sql.version)?
            .query_row([&id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let row: Option<(String, i16, Option<i64>, i32, i16)> = self
            .transaction
            .prepare_cached(&self.sql.settle)?
            .query_row(
                named_params! {
                    ":id": id,
                    ":version": settlement.version,
                    ":state": settlement.state as i16,
                    ":attention": MessageRow::attention(settlement.state),
                    ":attempts": settlement.attempts,
                    ":attempt": settlement.attempt.as_ref().map(|attempt| attempt.number),
                    ":provider_message_id": settlement.provider_message_id,
                    ":recipient_id": settlement.recipient_id,
                    ":provider_status": settlement.provider_status,
                    ":body": settlement.body,
                    ":response": implied::stored_response(settlement.state, settlement.response.as_deref()),
                    ":error": settlement.error,
                    ":at": settlement.at.0,
                },
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
            )
            .optional()?;
        let (Some((account_key, priority, expires_at, version, state)), Some((before, was, intent_at))) =
            (row, before)
        else {
            return Ok(Written::NotThere);
        };
        if let Some(attempt) = &settlement.attempt {
            self.attempt(&id, &account_key, attempt)?;
        }
        match &settlement.queue {
            // An older version leaves the place alone: it is somebody else's now.
            _ if version != settlement.version => {}
            None => self.dequeue(&id)?,
            Some(queue) => self.requeue(&id, &account_key, priority, (expires_at, intent_at), queue)?,
        }
        // Only where the row really changed: a repeated write tells nothing. Two workers may have told of one
        // version each, and the later one of a journal.
        let changed = (version > before || state != was)
            && version == settlement.version
            && state == settlement.state as i16;
        if let Some(event) = settlement.event.as_ref().filter(|_| changed) {
            self.event(event)?;
        }
        Ok(Written::Done)
    }

    /// Whether the message's place in the queue is this worker's.
    fn holds(&self, id: &str, owner: Uuid) -> rusqlite::Result<bool> {
        self.transaction.prepare_cached(&self.sql.holds)?.exists([id, &owner.to_string()])
    }

    /// What a worker learnt that no longer holds the message: it releases
    /// and resends nothing. That the provider took it ends it all the same.
    fn settle_late(&self, id: &str, settlement: &Settlement) -> rusqlite::Result<Written> {
        let account_key: Option<String> = self
            .transaction
            .prepare_cached(&self.sql.account)?
            .query_row([id], |row| row.get(0))
            .optional()?;
        let Some(account_key) = account_key else { return Ok(Written::NotThere) };
        let taken = settlement.state == State::Accepted;
        if let Some(attempt) = &settlement.attempt {
            let known = self
                .transaction
                .prepare_cached(&self.sql.attempt_is_known)?
                .exists(params![id, attempt.number])?;
            if taken || !known {
                self.attempt(id, &account_key, attempt)?;
            }
        }
        if !taken {
            self.transaction.prepare_cached(&self.sql.count)?.execute(params![id, settlement.attempts])?;
            return Ok(Written::NotThere);
        }
        let changed = self.transaction.prepare_cached(&self.sql.settle_late)?.execute(params![
            id,
            implied::stored_response(settlement.state, settlement.response.as_deref()),
            settlement.error,
            settlement.provider_message_id,
            settlement.body,
            settlement.attempts,
            settlement.at.0,
            settlement.version,
            settlement.recipient_id,
            settlement.provider_status,
        ])?;
        self.dequeue(id)?;
        self.transaction.prepare_cached(&self.sql.let_go)?.execute([id])?;
        if changed == 1
            && let Some(event) = &settlement.event
        {
            self.event(event)?;
        }
        Ok(Written::Done)
    }

    fn attempt(&self, id: &str, account_key: &str, attempt: &AttemptRow) -> rusqlite::Result<()> {
        self.transaction.prepare_cached(&self.sql.attempt)?.execute(params![
            id,
            attempt.number,
            account_key,
            attempt.began_at.0,
            attempt.took_ms,
            attempt.state as i16,
            attempt.http_status,
            attempt.provider_code,
            attempt.trace_id,
            attempt.class,
            attempt.provider_message_id,
            attempt.wait_ms,
            attempt.detail,
        ])?;
        Ok(())
    }

    fn dequeue(&self, id: &str) -> rusqlite::Result<()> {
        self.transaction.prepare_cached(&self.sql.dequeue)?.execute([id])?;
        Ok(())
    }

    fn requeue(
        &self,
        id: &str,
        account_key: &str,
        priority: i16,
        (expires_at, intent_at): (Option<i64>, Option<i64>),
        queue: &QueueRow,
    ) -> rusqlite::Result<()> {
        self.transaction.prepare_cached(&self.sql.requeue)?.execute(params![
            id,
            account_key,
            priority,
            queue.not_before.0,
            expires_at,
            queue.state as i16,
            queue.attempt,
            queue.worker.map(|worker| worker.to_string()),
            intent_at,
        ])?;
        Ok(())
    }

    fn withdraw(&self, withdrawal: &Withdrawal) -> rusqlite::Result<Written> {
        let id = withdrawal.id.to_string();
        let owner = withdrawal.owner.map(|owner| owner.to_string());
        let gone = self.transaction.prepare_cached(&self.sql.withdraw)?.execute(params![id, owner])?;
        if gone == 0 {
            // Withdrawn before, by a write whose end was not known?
            let state: Option<i16> = self
                .transaction
                .prepare_cached(&self.sql.state)?
                .query_row([&id], |row| row.get(0))
                .optional()?;
            let done = state == Some(withdrawal.state as i16);
            return Ok(if done { Written::Done } else { Written::NotThere });
        }
        self.transaction.prepare_cached(&self.sql.withdrawn)?.execute(params![
            id,
            withdrawal.state as i16,
            MessageRow::attention(withdrawal.state),
            withdrawal.response,
            withdrawal.error,
            withdrawal.at.0
        ])?;
        if let Some(event) = &withdrawal.event {
            self.event(event)?;
        }
        Ok(Written::Done)
    }

    /// Takes the text out of messages that have ended.
    fn hide(&self, ids: &[Uuid]) -> rusqlite::Result<()> {
        let values = [Value::Text(NO_TEXT.into()), Value::Text(Removed::Masked.content()), plain::array(ids)];
        self.transaction.prepare_cached(&self.sql.hide)?.execute(params_from_iter(values)).map(drop)
    }

    fn event(&self, event: &EventRow) -> rusqlite::Result<()> {
        self.transaction.prepare_cached(&self.sql.event)?.execute(params![
            event.id.to_string(),
            event.account_key,
            event.kind,
            event.message_id.map(|id| id.to_string()),
            event.at.0,
            event.body.as_deref().unwrap_or_default(),
            event.version,
            event.state.map(|state| state as i16),
        ])?;
        Ok(())
    }
}
