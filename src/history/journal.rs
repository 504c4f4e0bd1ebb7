//! The journal: a folder on this machine that takes records while the database
//! is away.
//!
//! Each client has a file of its own there (`file`), into which the writer puts
//! what it cannot give to the database (`policy`). When the database is back,
//! the file's writes are given to it in their order, part by part (`part`): the
//! transaction that stores a part also stores how far the journal has come, so
//! that each write is replayed once, whoever does it and however often that is
//! tried. Files that ended processes left are adopted and replayed likewise.

mod fault;
mod file;
mod folder;
mod look;
mod mend;
mod own;
mod part;
mod policy;
mod renamed;
mod story;
#[cfg(test)]
mod tests;

use super::kept::Kept;
use super::query::Row;
use super::record::Write;
use super::replay::{Part, Replayed};
use super::store::{StoreError, StoreErrorKind, StoreResult, Worker};
use crate::message::State;
use fault::Fault;
use file::File;
use own::Own;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The pause before a file is tried again that could not be worked with.
const PAUSE: Duration = Duration::from_millis(50);

/// Longer than any attempt takes.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(600);

pub use mend::EventOf;
pub use policy::Fate;
pub use renamed::Renamed;

/// What becomes of new messages while the database is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhileAway {
    /// They are recorded here, and sent when the database is back.
    Queue,
    /// They are recorded here and sent.
    Send,
    /// They are refused. Only how attempts under way end is recorded here.
    Refuse,
}

/// Whose records a journal keeps.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The database, once it was reached.
    pub database: Option<Uuid>,
    /// What the settings say of where it is; names no one.
    pub place: String,
}

/// What a journal is made with.
pub struct JournalSettings {
    /// Where the files are.
    pub folder: PathBuf,
    /// What becomes of new messages.
    pub while_away: WhileAway,
    /// How large this client's file may become.
    pub most_bytes: u64,
    /// What the settings say of where the database is.
    pub place: String,
    /// This client as a worker on the database's rows.
    pub worker: Worker,
    /// Makes the event that tells where a message is.
    pub event_of: EventOf,
    /// Which texts stay once a message has ended.
    pub kept: Kept,
    /// Tells the log and the hosts something about the journal.
    pub say: Box<dyn Fn(&str) + Send>,
}

/// The journal of one client, and what it has adopted.
pub struct Journal {
    settings: JournalSettings,
    identity: Identity,
    own: Own,
    adopted: Vec<File>,
    /// Files that are left alone; it was told why.
    left_alone: HashSet<PathBuf>,
    /// Files of which it was told that they cannot be worked with now.
    told: HashSet<PathBuf>,
    /// How many writes the next part has: few where one of them does not fit.
    most: usize,
    renamed: Arc<Renamed>,
    /// Since when the end of an attempt is waited for, before its message is mended.
    waits_since: Option<Instant>,
}

impl Journal {
    /// Makes this client's file. A folder that cannot keep one is refused.
    pub fn open(settings: JournalSettings) -> StoreResult<Journal> {
        folder::prepare(&settings.folder)?;
        let identity = Identity { database: None, place: settings.place.clone() };
        let own = Own::make(&settings.folder, &identity, settings.most_bytes).map_err(|fault| {
            let text = format!("history.journal {}: {fault}", settings.folder.display());
            StoreError::new(StoreErrorKind::Configuration, text)
        })?;
        Ok(Journal {
            settings,
            identity,
            own,
            adopted: Vec::new(),
            left_alone: HashSet::new(),
            told: HashSet::new(),
            most: part::MOST_WRITES,
            renamed: Arc::default(),
            waits_since: None,
        })
    }

    /// Which messages of this client are recorded under another id.
    pub fn renamed(&self) -> Arc<Renamed> {
        Arc::clone(&self.renamed)
    }

    /// This client as a worker.
    pub fn worker(&self) -> &Worker {
        &self.settings.worker
    }

    /// Whether this client's own file has writes that are not in the database.
    /// Nothing of this client may overtake them.
    pub fn is_used(&self) -> bool {
        self.own.file.as_ref().is_some_and(|file| file.backlog > 0)
    }

    /// Whether there is anything to replay.
    pub fn has_work(&self) -> bool {
        self.is_used() || !self.adopted.is_empty()
    }

    /// What becomes of writes that find no database. Those that are written
    /// are on the disk when this returns. The flag says that the write may be
    /// in the database already. `rewound`: the database went back in time, so
    /// that nothing new is recorded or sent.
    pub fn take(&mut self, writes: &[(&Write, bool)], rewound: bool) -> Vec<Option<Fate>> {
        let while_away = if rewound { WhileAway::Refuse } else { self.settings.while_away };
        self.own.take(&self.settings, &self.identity, while_away, writes)
    }

    /// A message that is only here, as the journal has it.
    pub fn find(&self, id: Uuid) -> Option<Row> {
        let files = self.own.file.iter().chain(&self.adopted);
        files.filter_map(|file| story::Story::of(file.about(id).ok()?)).map(|story| story.row).next()
    }

    /// The database was reached, and this is its identity.
    pub fn meets(&mut self, database: Uuid) -> StoreResult<()> {
        self.identity.database = Some(database);
        let Some(file) = self.own.file.as_mut().filter(|file| file.database != Some(database)) else {
            return Ok(());
        };
        if file.database.is_some() && file.backlog > 0 {
            return Err(StoreError::new(
                StoreErrorKind::Configuration,
                format!(
                    "it is another database than the one that the records in the journal {} are for",
                    file.path.display()
                ),
            ));
        }
        file.bind(database).map_err(|fault| {
            StoreError::new(StoreErrorKind::Away, format!("the journal {}: {fault}", file.path.display()))
        })
    }

    /// Takes the files of ended clients, once it is known whose they are to be.
    pub fn adopt(&mut self) {
        if self.identity.database.is_none() {
            return;
        }
        let known = |path: &PathBuf| {
            self.left_alone.contains(path)
                || self.own.file.as_ref().is_some_and(|own| own.path == *path)
                || self.adopted.iter().any(|file| file.path == *path)
        };
        let new: Vec<PathBuf> =
            folder::files(&self.settings.folder).into_iter().filter(|path| !known(path)).collect();
        for path in new {
            match File::adopt(&path, &self.identity) {
                Ok(Some(file)) if file.is_empty() => folder::delete(&path),
                Ok(Some(file)) if file.backlog == 0 => {
                    let text = "it holds only records that the database could not store";
                    self.leave_alone(path, text);
                }
                Ok(Some(file)) => {
                    (self.settings.say)(&format!(
                        "An ended process left {} records in the journal {}; they are replayed now.",
                        file.backlog,
                        path.display()
                    ));
                    self.adopted.push(file);
                }
                // Perhaps its client is about to begin it.
                Ok(None) if folder::is_old(&path) => folder::delete(&path),
                Ok(None) | Err(Fault::Held) => {}
                Err(Fault::Damaged(why)) => self.set_aside(path, &why),
                Err(fault) => self.leave_alone(path, &fault.to_string()),
            }
        }
    }

    fn leave_alone(&mut self, path: PathBuf, why: &str) {
        (self.settings.say)(&format!("The journal {} is left alone: {why}.", path.display()));
        self.left_alone.insert(path);
    }

    /// A damaged file gets another name, and the hosts are told.
    fn set_aside(&mut self, path: PathBuf, why: &str) {
        own::set_aside(&self.settings, &path, why);
        self.left_alone.insert(path);
    }

    /// The next part to be given to the database, of this client's own file
    /// before any other.
    pub fn next_part(&mut self) -> Option<Part> {
        loop {
            let file = if self.is_used() { self.own.file.as_ref()? } else { self.adopted.first()? };
            match part::next_part(file, self.most) {
                Ok(Some(part)) => return Some(part),
                Ok(None) => self.finished(file.id),
                Err(fault) => {
                    let id = file.id;
                    self.failed(id, &fault);
                    if self.file(id).is_some() {
                        // It is tried again, after the others.
                        if self.adopted.first().is_some_and(|file| file.id == id) {
                            self.adopted.rotate_left(1);
                        }
                        return None;
                    }
                }
            }
        }
    }

    /// A part is given to the database. Until the answer is there, nobody may
    /// begin or cancel here what is in it. Tells what was in doubt before.
    pub fn replays(&mut self, part: &Part) -> i64 {
        let before = self.own.doubt;
        self.doubts(part, before.max(part.upto));
        before
    }

    /// Up to which write of a part's file it is not known whether it is in the
    /// database. Of adopted files nothing is begun or cancelled here.
    pub fn doubts(&mut self, part: &Part, upto: i64) {
        if self.own.file.as_ref().is_some_and(|file| file.id == part.journal) {
            self.own.doubt = upto;
        }
    }

    fn file(&mut self, id: Uuid) -> Option<&mut File> {
        self.own.file.iter_mut().chain(&mut self.adopted).find(|file| file.id == id)
    }

    fn let_go(&mut self, id: Uuid) {
        self.own.file.take_if(|file| file.id == id);
        self.adopted.retain(|file| file.id != id);
    }

    /// All of a file is in the database.
    fn finished(&mut self, id: Uuid) {
        let Some(at) = self.adopted.iter().position(|file| file.id == id) else { return };
        let file = self.adopted.remove(at);
        let path = file.path.clone();
        if file.is_empty() {
            folder::delete(&path);
        } else {
            self.leave_alone(path, "it holds only records that the database could not store");
        }
    }

    /// Whether this client has an attempt of a message under way that is in its
    /// own file.
    fn is_under_way(&self, journal: Uuid, id: Uuid) -> bool {
        let worker = self.settings.worker.id;
        let own = self.own.file.as_ref().filter(|file| file.id == journal);
        let story = own.and_then(|file| story::Story::of(file.about(id).ok()?));
        story
            .and_then(|story| story.place)
            .is_some_and(|place| place.state == State::Sending && place.worker == Some(worker))
    }

    /// What the database made of a part.
    pub fn replayed(&mut self, part: &Part, replayed: Replayed) {
        let (event_of, kept) = (self.settings.event_of, self.settings.kept);
        let upto = match replayed {
            Replayed::Done => part.upto,
            Replayed::Further(upto) => upto,
            Replayed::Unusual(messages) => {
                self.doubts(part, 0);
                for (id, why) in messages {
                    if self.is_under_way(part.journal, id)
                        && self.waits_since.get_or_insert_with(Instant::now).elapsed() < LONGEST_ATTEMPT
                    {
                        // Its end will be told under the id that it has now.
                        std::thread::sleep(PAUSE);
                        continue;
                    }
                    let Some(file) = self.file(part.journal) else { return };
                    match mend::mend(file, id, &why, event_of, kept) {
                        Ok(mended) => {
                            if mended.id != id
                                && self.own.file.as_ref().is_some_and(|own| own.id == part.journal)
                            {
                                self.renamed.remember(id, mended.id);
                            }
                            (self.settings.say)(&mended.text);
                        }
                        Err(fault) => self.failed(part.journal, &fault),
                    }
                }
                return;
            }
        };
        self.most = part::MOST_WRITES;
        self.waits_since = None;
        let Some(file) = self.file(part.journal) else { return };
        let before = file.backlog;
        let mut forgotten = file.forget(upto);
        let full = matches!(forgotten, Err(Fault::Full));
        if full {
            // To delete takes room as well.
            folder::release_reserve(&file.path);
            forgotten = file.forget(upto);
        }
        // Where they could not be deleted, it is known all the same that the
        // database has them.
        let (all, known) = (file.backlog == 0, file.backlog < before || forgotten.is_ok());
        if full && self.own.file.as_ref().is_some_and(|own| own.id == part.journal) {
            self.own.gives_up_its_reserve();
        }
        if let Err(fault) = forgotten {
            self.failed(part.journal, &fault);
        }
        if !known {
            return;
        }
        self.doubts(part, 0);
        if all {
            self.finished(part.journal);
        }
    }

    /// The database cannot store something of a part: it is looked for, and
    /// set aside within the file.
    pub fn does_not_fit(&mut self, part: &Part, error: &StoreError) {
        self.doubts(part, 0);
        if part.upto - part.after > 1 && self.most > 1 {
            self.most = (self.most.min(part.groups.iter().map(Vec::len).sum()) / 2).max(1);
            return;
        }
        let Some(file) = self.file(part.journal) else { return };
        let result = file.first(1, 1).and_then(|lines| {
            let Some(line) = lines.into_iter().next() else { return Ok(None) };
            if let Write::Settle(end) = &line.write {
                let plain = Write::Settle(Box::new(end.plain()));
                if serde_json::to_string(&plain).ok() != serde_json::to_string(&line.write).ok() {
                    file::replace(&file.connection, line.seq, &plain)?;
                    return Ok(None);
                }
            }
            let about = line.write.message();
            let lines = about.map_or_else(|| Ok(vec![line]), |id| file.about(id))?;
            for line in lines {
                file.set_aside(line.seq, &error.message)?;
            }
            Ok(Some(format!(
                "The database cannot store {} of the journal {}; it is set aside there: {}",
                about.map_or_else(|| "an event".into(), |id| format!("message {id}")),
                file.path.display(),
                error.message
            )))
        });
        match result {
            Ok(Some(text)) => (self.settings.say)(&text),
            Ok(None) => {}
            Err(fault) => self.failed(part.journal, &fault),
        }
    }

    /// A journal that was read a moment ago cannot be worked with. Only a
    /// damaged one is let go: a full disk and a failed read pass.
    fn failed(&mut self, id: Uuid, fault: &Fault) {
        let Some(path) = self.file(id).map(|file| file.path.clone()) else { return };
        match fault {
            Fault::Damaged(why) => {
                self.let_go(id);
                self.set_aside(path, why);
            }
            Fault::Foreign(why) => {
                self.let_go(id);
                self.leave_alone(path, why);
            }
            Fault::Held | Fault::Full | Fault::Failed(_) => {
                if self.told.insert(path.clone()) {
                    let path = path.display();
                    (self.settings.say)(&format!("The journal {path} is tried again and again: {fault}."));
                }
                std::thread::sleep(PAUSE);
            }
        }
    }
}

impl Drop for Journal {
    /// A file in which nothing is has no use; any other is there for the next
    /// process.
    fn drop(&mut self) {
        if let Some(file) = self.own.file.take() {
            folder::release_reserve(&file.path);
            if file.is_empty() {
                folder::delete(&file.path);
            }
        }
    }
}
