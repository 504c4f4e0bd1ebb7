//! This client's own file: how writes get into it, and what happens where there
//! is no room or the file cannot be used.

use super::fault::Fault;
use super::file::{self, File};
use super::policy::{self, Fate, Held, Room, room_for};
use super::{Identity, JournalSettings, WhileAway, folder};
use crate::history::record::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// SQLite's pages.
pub const PAGE: u64 = 4096;
/// So much larger the file may become for the ends of attempts, in pages.
const RESERVED_PAGES: u64 = 1024;
/// How often it is looked whether there is room again.
const LOOK: Duration = Duration::from_secs(2);

/// This client's own file.
pub struct Own {
    /// None where it had to be given up and no other could be made yet.
    pub file: Option<File>,
    /// What is up to this write may be in the database: the answer to its
    /// replay was lost. 0 where nothing is.
    pub doubt: i64,
    pub(super) most_pages: u64,
    /// Since when there is no room, by the last look.
    pub(super) full: Option<Instant>,
    /// That writing fails was told.
    told: bool,
}

impl Own {
    /// A new file.
    pub fn make(folder: &Path, identity: &Identity, most_bytes: u64) -> Result<Own, Fault> {
        let most_pages = (most_bytes / PAGE).max(16);
        let mut own = Own { file: None, doubt: 0, most_pages, full: None, told: false };
        own.begin(folder, identity)?;
        Ok(own)
    }

    fn begin(&mut self, folder: &Path, identity: &Identity) -> Result<(), Fault> {
        let path = folder::new_file(folder);
        let file = File::make(&path, identity, self.most_pages).inspect_err(|_| folder::delete(&path))?;
        self.full = if folder::hold_reserve(&path) { None } else { Some(Instant::now()) };
        self.file = Some(file);
        self.doubt = 0;
        Ok(())
    }

    /// What becomes of writes. None: there is no room for it, and it is refused.
    pub fn take(
        &mut self,
        settings: &JournalSettings,
        identity: &Identity,
        while_away: WhileAway,
        writes: &[(&Write, bool)],
    ) -> Vec<Option<Fate>> {
        let fault = match self.file {
            None => self.begin(&settings.folder, identity).err(),
            Some(_) => None,
        };
        let taken = match fault {
            Some(fault) => Err(fault),
            None => self.write(settings, while_away, writes),
        };
        match taken {
            Ok(fates) => {
                self.told = false;
                fates
            }
            Err(fault) => {
                if !self.told {
                    self.told = true;
                    (settings.say)(&format!(
                        "The journal {} takes nothing: {fault}.",
                        settings.folder.display()
                    ));
                }
                if let Fault::Damaged(why) = &fault
                    && let Some(file) = self.file.take()
                {
                    let path = file.path.clone();
                    drop(file);
                    set_aside(settings, &path, why);
                }
                // Nobody can be told that it is recorded, nor that it is not:
                // it waits, and is written again.
                vec![Some(Fate::Keep); writes.len()]
            }
        }
    }

    fn write(
        &mut self,
        settings: &JournalSettings,
        while_away: WhileAway,
        writes: &[(&Write, bool)],
    ) -> Result<Vec<Option<Fate>>, Fault> {
        if self.has_room(settings)? {
            match self.commit(while_away, writes, true) {
                Err(Fault::Full) => self.is_full(settings)?,
                taken => return taken,
            }
        }
        match self.commit(while_away, writes, false) {
            // Not even with what was held back: it waits in memory.
            Err(Fault::Full) => {
                let waits = |write: &Write| (room_for(write) != Room::None).then_some(Fate::Keep);
                Ok(writes.iter().map(|(write, _)| waits(write)).collect())
            }
            taken => taken,
        }
    }

    /// Decides about each, and writes what is to be kept, in one transaction.
    /// `has_room`: there is room for all, and not only for the ends.
    fn commit(
        &mut self,
        while_away: WhileAway,
        writes: &[(&Write, bool)],
        has_room: bool,
    ) -> Result<Vec<Option<Fate>>, Fault> {
        let Some(file) = self.file.as_mut() else { return Err(Fault::Failed("there is no file".into())) };
        let all = file.connection.unchecked_transaction()?;
        let before = file::last(&all)?;
        let mut fates = Vec::with_capacity(writes.len());
        let held = Held { connection: &all, done: file.done, doubt: self.doubt };
        for (write, ambiguous) in writes {
            let fate = match if has_room { Room::Held } else { room_for(write) } {
                Room::Held => Some(policy::decide(&held, while_away, write, *ambiguous)?),
                Room::Waits => Some(Fate::Keep),
                Room::None => None,
            };
            fates.push(fate);
        }
        crate::points::reach("before_journal");
        let added = file::last(&all)? - before;
        all.commit()?;
        crate::points::reach("journalled");
        file.backlog += u64::try_from(added).unwrap_or(0);
        Ok(fates)
    }

    /// Whether all may be written, or only the ends.
    fn has_room(&mut self, settings: &JournalSettings) -> Result<bool, Fault> {
        let Some(looked) = self.full else { return Ok(true) };
        let Some(file) = self.file.as_ref() else { return Ok(false) };
        if looked.elapsed() < LOOK {
            return Ok(false);
        }
        let used = self.used_pages()?.unwrap_or(self.most_pages);
        if used + self.most_pages / 16 < self.most_pages && folder::hold_reserve(&file.path) {
            file.limit(self.most_pages)?;
            self.full = None;
            (settings.say)(&format!("The journal {} has room again.", file.path.display()));
            return Ok(true);
        }
        self.full = Some(Instant::now());
        Ok(false)
    }

    /// How much of the file is in use; none where there is no file.
    pub(super) fn used_pages(&self) -> Result<Option<u64>, Fault> {
        let Some(file) = self.file.as_ref() else { return Ok(None) };
        let pages = |what: &str| -> Result<u64, Fault> {
            Ok(file.connection.query_row(&format!("PRAGMA {what}"), [], |row| row.get::<_, i64>(0))? as u64)
        };
        Ok(Some(pages("page_count")?.saturating_sub(pages("freelist_count")?)))
    }

    /// What was held back on the disk was needed; it is held back again when
    /// there is room.
    pub fn gives_up_its_reserve(&mut self) {
        self.full = Some(Instant::now());
    }

    /// From now on only ends are written, into the room that was held back.
    fn is_full(&mut self, settings: &JournalSettings) -> Result<(), Fault> {
        let Some(file) = self.file.as_ref() else { return Ok(()) };
        folder::release_reserve(&file.path);
        file.limit(self.most_pages + RESERVED_PAGES)?;
        self.full = Some(Instant::now());
        (settings.say)(&format!(
            "The journal {} is full: new messages are refused until the database is back or there is room on the disk. \
             How attempts end is still recorded.",
            file.path.display()
        ));
        Ok(())
    }
}

/// Gives a damaged file another name, and tells it.
pub fn set_aside(settings: &JournalSettings, path: &Path, why: &str) {
    let what = match folder::set_aside(path) {
        Ok(aside) => format!("it is set aside as {}", aside.display()),
        Err(fault) => format!("it could not be renamed ({fault}), and is left where it is"),
    };
    (settings.say)(&format!(
        "The journal {} is damaged ({why}); {what}. What was recorded in it is not in the database: keep the file for \
         who looks after it.",
        path.display()
    ));
}
