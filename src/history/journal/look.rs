//! A look at the journal, for people: can it take records, what waits in it,
//! and what of the folder is not this client's.

use super::own::Own;
use super::{Journal, folder};
use crate::history::finding::{Condition, Finding};
use crate::history::record::Write;
use crate::message::clock::Millis;

impl Journal {
    /// What a check tells of it. Never an error: while the database is there,
    /// messages are sent without it.
    pub fn look(&self) -> Finding {
        let files: Vec<_> = self.own.file.iter().chain(&self.adopted).collect();
        let waiting: u64 = files.iter().map(|file| file.backlog).sum();
        let since = files.iter().filter_map(|file| told_at(&file.first(1, 1).ok()?.first()?.write)).min();
        let known = |path: &std::path::PathBuf| {
            self.left_alone.contains(path) || files.iter().any(|file| file.path == *path)
        };
        let of_others = folder::files(&self.settings.folder).iter().filter(|path| !known(path)).count();
        let mut facts = vec![match since {
            Some(since) if waiting > 0 => format!("{waiting} records wait in it since {}", since.to_text()),
            _ => "nothing waits in it".to_owned(),
        }];
        let mut count = |count: usize, what: &str| {
            if count > 0 {
                facts.push(format!("{count} {what}"));
            }
        };
        count(self.adopted.len(), "files of ended processes are being replayed");
        count(of_others, "files are other clients'");
        count(self.left_alone.len(), "files are left alone (the log and an event said why)");
        if let Some(left) = self.own.bytes_left() {
            facts.push(format!("this client's file may grow by {} MB", left >> 20));
        }
        let unwritable = folder::try_to_write(&self.settings.folder).err();
        let (condition, hint) = if unwritable.is_some() {
            (
                Condition::Doubtful,
                Some("Give the process the right to write there, or make room on the disk."),
            )
        } else if self.own.is_without_room() {
            (Condition::Doubtful, Some("Make room on the disk, or raise history.journal_megabytes."))
        } else if waiting > 0 {
            (
                Condition::Doubtful,
                Some("They come into the database when it is back: look at the item database."),
            )
        } else if !self.left_alone.is_empty() {
            (Condition::Doubtful, Some("Keep these files for who looks after the database."))
        } else {
            (Condition::Good, None)
        };
        let state = match unwritable {
            Some(why) => format!("cannot be written to ({why})"),
            None if self.own.is_without_room() => "is full, and takes ends only".to_owned(),
            None => "can be written to".to_owned(),
        };
        let text = format!("The journal {} {state}; {}.", self.settings.folder.display(), facts.join("; "));
        Finding { item: "journal", condition, text, hint }
    }
}

/// When what a write tells of happened.
fn told_at(write: &Write) -> Option<Millis> {
    match write {
        Write::Record(record) => Some(record.message.created_at),
        Write::Settle(settlement) => Some(settlement.at),
        Write::Event(event) => Some(event.at),
        Write::Intent(_) | Write::Withdraw(_) => None,
    }
}

impl Own {
    /// By how much the file may still grow; none where there is no file.
    fn bytes_left(&self) -> Option<u64> {
        let used = self.used_pages().ok()??;
        Some(self.most_pages.saturating_sub(used) * super::own::PAGE)
    }

    /// Whether only ends are taken.
    fn is_without_room(&self) -> bool {
        self.full.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::journal::tests::{client, takes};
    use crate::history::journal::{File, Identity, WhileAway};
    use crate::history::tests::bed::{message, queued, write_record};
    use uuid::Uuid;

    #[test]
    fn what_waits_and_what_stands_in_the_way_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = client(folder.path(), WhileAway::Queue);
        let empty = journal.look();
        assert_eq!((empty.item, empty.condition), ("journal", Condition::Good), "{empty:?}");
        assert!(empty.text.contains("nothing waits") && empty.text.contains("grow by"), "{empty:?}");
        let mut first = queued(message(), None);
        first.message.created_at = Millis::from_text("2026-11-30T08:00:00.000Z").unwrap();
        takes(&mut journal, write_record(first));
        takes(&mut journal, write_record(queued(message(), None)));
        let waits = journal.look();
        assert_eq!(waits.condition, Condition::Doubtful);
        assert!(waits.text.contains("2 records wait in it since 2026-11-30T08:00:00.000Z"), "{waits:?}");
        // Another client's, and one for another database.
        let (_other, _) = client(folder.path(), WhileAway::Queue);
        let foreign = Identity { database: Some(Uuid::new_v4()), place: "there".into() };
        drop(File::make(&super::folder::new_file(folder.path()), &foreign, 1000).unwrap());
        journal.meets(Uuid::new_v4()).unwrap();
        journal.adopt();
        let mixed = journal.look();
        assert!(mixed.text.contains("1 files are other clients'"), "{mixed:?}");
        assert!(mixed.text.contains("1 files are left alone"), "{mixed:?}");
        std::fs::remove_dir_all(folder.path()).unwrap();
        let gone = journal.look();
        assert_eq!(gone.condition, Condition::Doubtful);
        assert!(gone.text.contains("cannot be written to") && gone.hint.is_some(), "{gone:?}");
    }
}
