//! Writing in SQLite: prepared rows in one transaction.

use super::super::names::Names;
use super::super::record::{
    AttemptRow, EventRow, Intent, MessageRow, QueueRow, Record, Reference, Settlement, Withdrawal, Write,
    Written,
};
use super::super::store::StoreResult;
use super::store_error;
use crate::message::State;
use crate::message::clock::Millis;
use rusqlite::{Connection, OptionalExtension, Transaction, named_params, params};
use uuid::Uuid;

/// Writes all of them in one transaction.
pub fn commit(connection: &mut Connection, names: &Names, writes: &[Write]) -> StoreResult<Vec<Written>> {
    let transaction = super::begin(connection)?;
    let session = Session { transaction: &transaction, names };
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
    transaction.commit().map_err(store_error)?;
    Ok(written)
}

struct Session<'a> {
    transaction: &'a Transaction<'a>,
    names: &'a Names,
}

impl Session<'_> {
    fn record(&self, record: &Record) -> rusqlite::Result<Written> {
        let message = &record.message;
        if let Some(known) = self.known(message)? {
            return Ok(known);
        }
        if let Some(reference) = &record.reference
            && let Some(referenced) = self.reference(message.id, reference)?
        {
            return Ok(referenced);
        }
        self.message(message)?;
        if let Some(queue) = &record.queue {
            self.enqueue(message, queue)?;
        }
        if let Some(event) = &record.event {
            self.event(event)?;
        }
        Ok(Written::Done)
    }

    /// A repeated write finds its own row; another message's id is refused.
    fn known(&self, message: &MessageRow) -> rusqlite::Result<Option<Written>> {
        let sql = format!("SELECT created_at, recipient FROM {} WHERE id = ?1", self.names.messages);
        let found: Option<(i64, String)> = self
            .transaction
            .prepare_cached(&sql)?
            .query_row([message.id.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(found.map(|(created_at, recipient)| {
            if created_at == message.created_at.0 && recipient == message.recipient {
                Written::Done
            } else {
                Written::IdTaken
            }
        }))
    }

    fn reference(&self, id: Uuid, reference: &Reference) -> rusqlite::Result<Option<Written>> {
        let sql = format!(
            "INSERT INTO {} (scope, ref_hash, message_id, payload_hash, created_at) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (scope, ref_hash) DO NOTHING",
            self.names.refs
        );
        let inserted = self.transaction.prepare_cached(&sql)?.execute(params![
            reference.scope,
            reference.hash,
            id.to_string(),
            reference.payload_hash,
            Millis::now().0
        ])?;
        if inserted == 1 {
            return Ok(None);
        }
        let sql = format!(
            "SELECT message_id, payload_hash FROM {} WHERE scope = ?1 AND ref_hash = ?2",
            self.names.refs
        );
        let (first, payload_hash): (String, String) = self
            .transaction
            .prepare_cached(&sql)?
            .query_row([&reference.scope, &reference.hash], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Some(Written::Referenced {
            message_id: first.parse().unwrap_or_default(),
            same_payload: payload_hash == reference.payload_hash,
        }))
    }

    fn message(&self, message: &MessageRow) -> rusqlite::Result<()> {
        let sql = format!(
            "INSERT INTO {} (id, recorded_at, created_at, updated_at, account_key, provider, direction, kind, state, \
             attention, version, attempts, priority, sender, recipient, contact_id, reference, campaign_id, \
             correlation_id, category, template, body, content, provider_message_id, response, error, not_before, \
             expires_at) VALUES (:id, :recorded_at, :created_at, :updated_at, :account_key, :provider, :direction, \
             :kind, :state, :attention, :version, :attempts, :priority, :sender, :recipient, :contact_id, :reference, \
             :campaign_id, :correlation_id, :category, :template, :body, :content, :provider_message_id, :response, \
             :error, :not_before, :expires_at)",
            self.names.messages
        );
        self.transaction.prepare_cached(&sql)?.execute(named_params! {
            ":id": message.id.to_string(),
            ":recorded_at": Millis::now().0,
            ":created_at": message.created_at.0,
            ":updated_at": message.updated_at.0,
            ":account_key": message.account_key,
            ":provider": message.provider,
            ":direction": message.direction as i16,
            ":kind": message.kind,
            ":state": message.state as i16,
            ":attention": MessageRow::attention(message.state),
            ":version": message.version,
            ":attempts": message.attempts,
            ":priority": message.priority as i16,
            ":sender": message.sender,
            ":recipient": message.recipient,
            ":contact_id": message.contact_id,
            ":reference": message.reference,
            ":campaign_id": message.campaign_id,
            ":correlation_id": message.correlation_id,
            ":category": message.category,
            ":template": message.template,
            ":body": message.body,
            ":content": message.content,
            ":provider_message_id": message.provider_message_id,
            ":response": message.response,
            ":error": message.error,
            ":not_before": message.not_before.map(|at| at.0),
            ":expires_at": message.expires_at.map(|at| at.0),
        })?;
        Ok(())
    }

    fn enqueue(&self, message: &MessageRow, queue: &QueueRow) -> rusqlite::Result<()> {
        let sql = format!(
            "INSERT INTO {} (message_id, account_key, priority, not_before, expires_at, state, attempt, worker, epoch, \
             intent_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9) ON CONFLICT (message_id) DO NOTHING",
            self.names.queue
        );
        let intent_at = (queue.state == State::Sending).then(|| Millis::now().0);
        self.transaction.prepare_cached(&sql)?.execute(params![
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
        let sql = format!(
            "UPDATE {} SET state = 10, attempt = ?2, intent_at = ?4 WHERE message_id = ?1 AND worker = ?3 \
             AND ((state = 0 AND (expires_at IS NULL OR expires_at > ?4)) OR (state = 10 AND attempt = ?2))",
            self.names.queue
        );
        let now = Millis::now().0;
        let changed = self.transaction.prepare_cached(&sql)?.execute(params![
            intent.id.to_string(),
            intent.attempt,
            intent.worker.to_string(),
            now
        ])?;
        if changed == 0 {
            return Ok(Written::NotThere);
        }
        let sql = format!(
            "UPDATE {} SET state = 10, attention = NULL, attempts = ?2, updated_at = ?3 WHERE id = ?1",
            self.names.messages
        );
        self.transaction.prepare_cached(&sql)?.execute(params![
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
        let sql = format!(
            "UPDATE {} SET \
             state = CASE WHEN version <= :version AND state NOT IN (60, 70) THEN :state ELSE state END, \
             attention = CASE WHEN version <= :version AND state NOT IN (60, 70) THEN :attention ELSE attention END, \
             response = CASE WHEN version <= :version THEN :response ELSE response END, \
             error = CASE WHEN version <= :version THEN :error ELSE error END, \
             attempts = CASE WHEN version <= :version THEN :attempts ELSE max(attempts, :attempts) END, \
             provider_message_id = coalesce(:provider_message_id, provider_message_id), \
             recipient_id = coalesce(:recipient_id, recipient_id), \
             provider_status = coalesce(:provider_status, provider_status), \
             body = coalesce(:body, body), updated_at = :at, version = max(version, :version) WHERE id = :id \
             RETURNING account_key, priority, expires_at, version",
            self.names.messages
        );
        let row: Option<(String, i16, Option<i64>, i32)> = self
            .transaction
            .prepare_cached(&sql)?
            .query_row(
                named_params! {
                    ":id": id,
                    ":version": settlement.version,
                    ":state": settlement.state as i16,
                    ":attention": MessageRow::attention(settlement.state),
                    ":attempts": settlement.attempts,
                    ":provider_message_id": settlement.provider_message_id,
                    ":recipient_id": settlement.recipient_id,
                    ":provider_status": settlement.provider_status,
                    ":body": settlement.body,
                    ":response": settlement.response,
                    ":error": settlement.error,
                    ":at": settlement.at.0,
                },
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .optional()?;
        let Some((account_key, priority, expires_at, version)) = row else { return Ok(Written::NotThere) };
        if let Some(attempt) = &settlement.attempt {
            self.attempt(&id, &account_key, attempt)?;
        }
        match &settlement.queue {
            // An older version leaves the place alone: it is somebody else's now.
            _ if version != settlement.version => {}
            None => self.dequeue(&id)?,
            Some(queue) => self.requeue(&id, &account_key, priority, expires_at, queue)?,
        }
        if let Some(event) = &settlement.event {
            self.event(event)?;
        }
        Ok(Written::Done)
    }

    /// Whether the message's place in the queue is this worker's.
    fn holds(&self, id: &str, owner: Uuid) -> rusqlite::Result<bool> {
        let sql = format!("SELECT 1 FROM {} WHERE message_id = ?1 AND worker = ?2", self.names.queue);
        self.transaction.prepare_cached(&sql)?.exists([id, &owner.to_string()])
    }

    /// What a worker learnt that no longer holds the message: it releases
    /// and resends nothing. That the provider took it ends it all the same.
    fn settle_late(&self, id: &str, settlement: &Settlement) -> rusqlite::Result<Written> {
        let sql = format!("SELECT account_key FROM {} WHERE id = ?1", self.names.messages);
        let account_key: Option<String> =
            self.transaction.prepare_cached(&sql)?.query_row([id], |row| row.get(0)).optional()?;
        let Some(account_key) = account_key else { return Ok(Written::NotThere) };
        let taken = settlement.state == State::Accepted;
        if let Some(attempt) = &settlement.attempt {
            let sql = format!(
                "SELECT 1 FROM {} WHERE message_id = ?1 AND attempt = ?2 AND state <> 20",
                self.names.attempts
            );
            let known = self.transaction.prepare_cached(&sql)?.exists(params![id, attempt.number])?;
            if taken || !known {
                self.attempt(id, &account_key, attempt)?;
            }
        }
        if !taken {
            return Ok(Written::NotThere);
        }
        let sql = format!(
            "UPDATE {} SET state = 30, attention = NULL, response = ?2, error = ?3, provider_message_id = ?4, \
             body = coalesce(?5, body), attempts = max(attempts, ?6), updated_at = ?7, version = max(version, ?8) + 1, \
             recipient_id = coalesce(?9, recipient_id), provider_status = coalesce(?10, provider_status) \
             WHERE id = ?1 AND (state IN (0, 10, 20, 80, 81) OR (state = 50 AND provider_message_id IS NULL))",
            self.names.messages
        );
        let changed = self.transaction.prepare_cached(&sql)?.execute(params![
            id,
            settlement.response,
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
        if changed == 1
            && let Some(event) = &settlement.event
        {
            self.event(event)?;
        }
        Ok(Written::Done)
    }

    fn attempt(&self, id: &str, account_key: &str, attempt: &AttemptRow) -> rusqlite::Result<()> {
        let sql = format!(
            "INSERT INTO {} (message_id, attempt, account_key, began_at, took_ms, state, http_status, provider_code, \
             trace_id, class, provider_message_id, wait_ms, detail) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
             ON CONFLICT (message_id, attempt) DO UPDATE SET state = excluded.state, \
             http_status = coalesce(excluded.http_status, http_status), \
             provider_code = coalesce(excluded.provider_code, provider_code), \
             trace_id = coalesce(excluded.trace_id, trace_id), class = excluded.class, \
             provider_message_id = coalesce(excluded.provider_message_id, provider_message_id), \
             wait_ms = excluded.wait_ms, detail = excluded.detail",
            self.names.attempts
        );
        self.transaction.prepare_cached(&sql)?.execute(params![
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
        let sql = format!("DELETE FROM {} WHERE message_id = ?1", self.names.queue);
        self.transaction.prepare_cached(&sql)?.execute([id])?;
        Ok(())
    }

    fn requeue(
        &self,
        id: &str,
        account_key: &str,
        priority: i16,
        expires_at: Option<i64>,
        queue: &QueueRow,
    ) -> rusqlite::Result<()> {
        let sql = format!(
            "INSERT INTO {} (message_id, account_key, priority, not_before, expires_at, state, attempt, worker, epoch) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1) ON CONFLICT (message_id) DO UPDATE SET \
             not_before = excluded.not_before, state = excluded.state, attempt = excluded.attempt, \
             worker = excluded.worker",
            self.names.queue
        );
        self.transaction.prepare_cached(&sql)?.execute(params![
            id,
            account_key,
            priority,
            queue.not_before.0,
            expires_at,
            queue.state as i16,
            queue.attempt,
            queue.worker.map(|worker| worker.to_string()),
        ])?;
        Ok(())
    }

    fn withdraw(&self, withdrawal: &Withdrawal) -> rusqlite::Result<Written> {
        let id = withdrawal.id.to_string();
        let sql = format!(
            "DELETE FROM {} WHERE message_id = ?1 AND state = 0 AND (?2 IS NULL OR worker = ?2)",
            self.names.queue
        );
        let owner = withdrawal.owner.map(|owner| owner.to_string());
        let gone = self.transaction.prepare_cached(&sql)?.execute(params![id, owner])?;
        if gone == 0 {
            // Withdrawn before, by a write whose end was not known?
            let sql = format!("SELECT state FROM {} WHERE id = ?1", self.names.messages);
            let state: Option<i16> =
                self.transaction.prepare_cached(&sql)?.query_row([&id], |row| row.get(0)).optional()?;
            let done = state == Some(withdrawal.state as i16);
            return Ok(if done { Written::Done } else { Written::NotThere });
        }
        let sql = format!(
            "UPDATE {} SET state = ?2, attention = ?3, response = ?4, error = ?5, updated_at = ?6, \
             version = version + 1 WHERE id = ?1",
            self.names.messages
        );
        self.transaction.prepare_cached(&sql)?.execute(params![
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

    fn event(&self, event: &EventRow) -> rusqlite::Result<()> {
        let sql = format!(
            "INSERT INTO {} (event_id, account_key, kind, message_id, created_at, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            self.names.events
        );
        self.transaction.prepare_cached(&sql)?.execute(params![
            event.id.to_string(),
            event.account_key,
            event.kind,
            event.message_id.map(|id| id.to_string()),
            event.at.0,
            event.body,
        ])?;
        Ok(())
    }
}
