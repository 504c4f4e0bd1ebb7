//! The calls that work on the history for long: export, retention, erasure.
//! Each goes forward in short steps on the readers' connections, so that
//! others are not kept waiting, and can be cancelled between them.

use super::super::Client;
use super::super::aftermath::Aftermath;
use super::options::{EraseOptions, EraseReport, ExportOptions, ExportReport, PurgeOptions, PurgeReport};
use crate::ground::NewFile;
use crate::history::export::{Format, Layout};
use crate::history::purge::{Purge, PurgePlace};
use crate::history::query::{Order, recipients};
use crate::history::{
    self, Connection, Direction, EventCursor, Query, Readers, StoreErrorKind, StoreResult, erase, purge,
};
use crate::message::{Error, Result, Status, contact_id};
use crate::provider::action::Progress;
use crate::provider::action::options::{self, CallOptions};
use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How often a step is tried while the database is away or busy.
const TRIES: u32 = 10;
/// The wait between two tries.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a call that was broken off waits for what the disk still writes.
const SLOW_DISK: Duration = Duration::from_secs(10);
/// Messages that an export reads at once, at first and at the most.
const PAGE: usize = 100;
const LARGEST_PAGE: usize = 500;
/// Pages that become longer are made of fewer messages.
const LONG_PAGE: usize = 1 << 20;

/// A file that is being written, and the word that it is gone, or has its name.
struct Begun {
    new: NewFile,
    // Dropped last.
    _here: SyncSender<()>,
}

/// Steps on the history for one call.
struct Steps {
    readers: Arc<Readers>,
    deadline: Instant,
}

impl Steps {
    /// One step. A database that is away for a moment is waited for: each step
    /// may be done twice.
    async fn step<T: Send + 'static>(
        &self,
        work: impl Fn(&mut dyn Connection) -> StoreResult<T> + Clone + Send + 'static,
    ) -> Result<T> {
        let mut tries = 0;
        loop {
            let error = match self.readers.asked_for_host(self.deadline, work.clone()).await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let passing = error.kind.is_lost() || error.kind == StoreErrorKind::Retry;
            tries += 1;
            if !passing || tries == TRIES || Instant::now() + PAUSE >= self.deadline {
                return Err(error.to_error());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Client {
    fn steps(&self, timeout: Duration) -> Steps {
        Steps { readers: Arc::clone(&self.context.readers), deadline: Instant::now() + timeout }
    }

    /// Writes messages into a file.
    pub fn history_export(&self, query: Option<&str>, options: Option<&str>) -> Result<ExportReport> {
        let options: ExportOptions = options::read("options_json", options)?;
        let common = options.common();
        let whom = |id: &str, timeout| self.whom(id, Instant::now() + timeout);
        let (query, _) = Query::read_whole(query, &self.asker(), Some(common.timeout), whom)?;
        let (file, overwrite) = (options.file()?, options.overwrite);
        let layout = Layout {
            format: options.format,
            bom: options.bom.unwrap_or(options.format == Format::Csv),
            separator: options.separator()?,
        };
        let id = common.id.unwrap_or_else(Uuid::now_v7);
        let (steps, progress) = (self.steps(common.timeout), self.progress(id));
        let (here, gone) = sync_channel(0);
        let work = async move {
            let new = blocking({
                let file = file.clone();
                move || Ok(Begun { new: begin(&file, overwrite)?, _here: here })
            });
            let new = new.await?;
            let (messages, bytes) = write_all(&steps, query, layout, new, &file, &progress).await?;
            progress(messages, Some(messages));
            let file = file.to_string_lossy().into_owned();
            Ok(ExportReport { file, format: layout.format, messages, bytes })
        };
        let aftermath = Aftermath::of_history(
            "No file was left behind, unless it was just being given its name: then it is there, whole.",
            "Call it again, with a longer timeout_ms or a narrower query.",
        );
        let report = self.run("wa_history_export", id, common.timeout, &aftermath, Box::pin(work));
        // A call that is broken off while the disk writes has its file still: the caller finds none.
        let _ = gone.recv_timeout(SLOW_DISK);
        report
    }

    /// Deletes what is older than the host wants to keep.
    pub fn history_purge(&self, options: Option<&str>) -> Result<PurgeReport> {
        let options: PurgeOptions = options::read("options_json", options)?;
        let common = options.common();
        let (age, reference_age) = options.ages()?;
        let account = self.seen_account().map(str::to_owned);
        let id = common.id.unwrap_or_else(Uuid::now_v7);
        let (steps, progress) = (self.steps(common.timeout), self.progress(id));
        let work = async move {
            let now = steps.step(|connection| connection.shared(purge::clock)).await?;
            let purge = Purge { account, before: now - age, references_before: now - reference_age };
            let mut report = PurgeReport::default();
            let mut next = Some(PurgePlace::default());
            while let Some(place) = next {
                let purge = purge.clone();
                let step = steps.step(move |connection| {
                    let (purge, place) = (purge.clone(), place.clone());
                    connection.shared(move |plain| purge::step(plain, &purge, &place))
                });
                let done = step.await?;
                report.messages += done.messages as u64;
                report.open += done.open as u64;
                report.events += done.events as u64;
                report.references += done.references as u64;
                progress(report.messages + report.events + report.references, None);
                next = done.next;
            }
            let all = report.messages + report.events + report.references;
            progress(all, Some(all));
            Ok(report)
        };
        let aftermath = Aftermath::of_history(
            "What was deleted until then is gone; the rest is there.",
            "Call it again: it goes on where it is needed.",
        );
        self.run("wa_history_purge", id, common.timeout, &aftermath, Box::pin(work))
    }

    /// Erases the texts of one contact's messages.
    pub fn history_erase(&self, options: Option<&str>) -> Result<EraseReport> {
        let options: EraseOptions = options::read("options_json", options)?;
        let common = options.common();
        let queries = self.contact(&options, common.timeout)?;
        let id = common.id.unwrap_or_else(Uuid::now_v7);
        let (steps, progress) = (self.steps(common.timeout), self.progress(id));
        let work = async move {
            let mut report = EraseReport::default();
            let mut erased = HashSet::new();
            for mut query in queries {
                loop {
                    let asked = query.clone();
                    let step = steps.step(move |connection| {
                        let query = asked.clone();
                        connection.shared(move |plain| erase::step(plain, &query))
                    });
                    let done = step.await?;
                    report.messages += done.fresh as u64;
                    report.open += done.open as u64;
                    erased.extend(done.messages);
                    progress(report.messages, None);
                    let Some(next) = done.next else { break };
                    query.after = Some(next);
                }
            }
            let erased = Arc::new(erased);
            let mut place = Some(EventCursor::default()).filter(|_| !erased.is_empty());
            while let Some(after) = place {
                let erased = Arc::clone(&erased);
                let step = steps.step(move |connection| {
                    let erased = Arc::clone(&erased);
                    connection.shared(move |plain| erase::events(plain, &erased, after))
                });
                place = step.await?;
            }
            progress(report.messages, Some(report.messages));
            Ok(report)
        };
        let aftermath = Aftermath::of_history(
            "What was erased until then is gone; the rest is there.",
            "Call it again: it goes on where it is needed.",
        );
        self.run("wa_history_erase", id, common.timeout, &aftermath, Box::pin(work))
    }

    /// The questions for the messages of a contact.
    fn contact(&self, options: &EraseOptions, timeout: Duration) -> Result<Vec<Query>> {
        let (mut about, mut from) = (Vec::new(), None);
        if let Some(id) = &options.contact_id {
            let forms = contact_id::kept_forms(id.clone());
            about.push(forms.into_iter().map(|form| ("contact_id", form)).collect());
        }
        if let Some(text) = &options.recipient {
            let whom = |id: &str| self.whom(id, Instant::now() + timeout);
            let forms = recipients("options_json", text, self.settings.default_country, whom)?;
            about.push(forms.iter().map(|form| ("recipient", form.clone())).collect());
            // What they wrote to us.
            from = Some(forms.into_iter().map(|form| ("sender", form)).collect());
        }
        if about.is_empty() {
            let message = "options_json names nobody: contact_id or recipient is missing.";
            return Err(Error::about(Status::Argument, "options_json", message));
        }
        let account = self.seen_account().map(str::to_owned);
        let query = |equal| Query { equal, account: account.clone(), ..Query::newest(erase::ROWS) };
        let inbound = |equal| Query { direction: Some(Direction::Inbound), ..query(equal) };
        Ok(about.into_iter().map(query).chain(from.map(inbound)).collect())
    }
}

/// Reads page after page, each in a short transaction of its own, and writes
/// it. Gives how many messages and bytes there are.
async fn write_all(
    steps: &Steps,
    mut query: Query,
    layout: Layout,
    mut begun: Begun,
    file: &Path,
    progress: &Progress,
) -> Result<(u64, u64)> {
    query.attempts = layout.format == Format::Jsonl;
    query.reports = query.reports && layout.format == Format::Jsonl;
    // Oldest first would run after what is recorded meanwhile.
    let last = match query.order {
        Order::Newest => None,
        Order::Oldest => Some(newest(steps, &query).await?),
    };
    let (mut messages, mut bytes) = (0, 0);
    let mut text = layout.beginning();
    query.limit = PAGE;
    loop {
        let asked = query.clone();
        let step = steps.step(move |connection| {
            let mut rows = connection.page(&asked)?;
            let is_last = rows.len() < asked.limit;
            rows.retain(|row| last.is_none_or(|last| row.message.seq <= last));
            let next = rows.last().map(|row| row.message.seq).filter(|_| !is_last);
            let count = rows.len();
            Ok((layout.lines(rows), count, next.filter(|next| Some(*next) != last)))
        });
        let (lines, count, next) = step.await?;
        if lines.len() > LONG_PAGE {
            query.limit = (query.limit / 2).max(1);
        } else {
            query.limit = (query.limit * 2).min(LARGEST_PAGE);
        }
        text.push_str(&lines);
        let part = std::mem::take(&mut text);
        messages += count as u64;
        bytes += part.len() as u64;
        let path = file.to_owned();
        begun = blocking(move || {
            begun.new.write(part.as_bytes()).map_err(|error| not_written(&path, &error))?;
            Ok(begun)
        })
        .await?;
        progress(messages, None);
        match next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    let path = file.to_owned();
    blocking(move || {
        let Begun { new, _here } = begun;
        new.keep().map_err(|error| not_written(&path, &error))
    })
    .await?;
    Ok((messages, bytes))
}

/// The newest message of all, whatever the question asks for.
async fn newest(steps: &Steps, query: &Query) -> Result<i64> {
    let query = Query { account: query.account.clone(), attempts: false, ..history::Query::newest(1) };
    let newest = steps.step(move |connection| connection.page(&query)).await?;
    Ok(newest.first().map_or(0, |row| row.message.seq))
}

/// Work that waits for the disk, on a thread that may wait.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Error::internal(format!("Writing a file broke off: {error}."))))
}

fn begin(file: &Path, overwrite: bool) -> Result<NewFile> {
    match std::fs::symlink_metadata(file) {
        Ok(found) if found.is_dir() => {
            Err(about_file(format!("options_json.file: {} is a folder.", file.display())))
        }
        Ok(_) if !overwrite => Err(is_there(file)),
        _ => NewFile::create(file, overwrite).map_err(|error| not_written(file, &error)),
    }
}

fn about_file(message: String) -> Box<Error> {
    Error::about(Status::Argument, "options_json.file", message)
}

fn is_there(file: &Path) -> Box<Error> {
    about_file(format!("options_json.file: {} is there already; it was left as it is.", file.display()))
        .hint("Give another file, or overwrite:true in options_json.")
}

fn not_written(file: &Path, error: &io::Error) -> Box<Error> {
    if error.kind() == io::ErrorKind::AlreadyExists {
        return is_there(file);
    }
    about_file(format!("options_json.file: {} cannot be written: {error}.", file.display()))
        .hint("Give a file in a folder that the program's user may write to, with room in it.")
}
