//! One journal file: a SQLite file that holds writes in their order.
//!
//! SQLite's own exclusive lock says whose file it is: the operating system lets
//! go of it when the process ends, however it ends.

use super::Identity;
use super::fault::Fault;
#[cfg(unix)]
use crate::history::embedded::sole::Sole;
use crate::history::record::Write;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// How the file is written. A file of another format is left alone.
const FORMAT: i64 = 1;

/// In this order: how pages are given back is fixed with the first of them,
/// and who enters WAL with the exclusive lock keeps it.
const PREPARE: &str = "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; \
     PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;";

/// Numbers of writes are never used twice: the database knows by them what it
/// has been given.
const TABLES: &str = "CREATE TABLE header (journal_id TEXT NOT NULL, format INTEGER NOT NULL, database_id TEXT, \
     place TEXT NOT NULL); \
     CREATE TABLE writes (seq INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT, reference TEXT, \
     what TEXT NOT NULL); \
     CREATE INDEX writes_message ON writes (message_id) WHERE message_id IS NOT NULL; \
     CREATE INDEX writes_reference ON writes (reference) WHERE reference IS NOT NULL; \
     CREATE TABLE set_aside (seq INTEGER PRIMARY KEY, what TEXT NOT NULL, why TEXT NOT NULL);";

/// An open journal file.
pub struct File {
    pub path: PathBuf,
    pub id: Uuid,
    pub connection: Connection,
    /// The database that its writes are for; none where it was never reached.
    pub database: Option<Uuid>,
    /// How many writes are not replayed.
    pub backlog: u64,
    /// The last write that is in the database. Those up to it may still be
    /// here, where the disk had no room to delete them; they count no more.
    pub done: i64,
    /// After the connection: let go when it is closed.
    #[cfg(unix)]
    _sole: Sole,
}

/// A write of a journal and its number.
#[derive(Clone)]
pub struct Line {
    pub seq: i64,
    pub write: Write,
}

impl File {
    /// Makes a new file.
    pub fn make(path: &Path, identity: &Identity, most_pages: u64) -> Result<File, Fault> {
        let file = File::connect(path)?;
        file.limit(most_pages)?;
        let id = Uuid::new_v4();
        let all = file.connection.unchecked_transaction()?;
        all.execute_batch(TABLES)?;
        all.execute(
            "INSERT INTO header (journal_id, format, database_id, place) VALUES (?1, ?2, ?3, ?4)",
            params![id.to_string(), FORMAT, identity.database.map(|id| id.to_string()), identity.place],
        )?;
        all.commit()?;
        Ok(File { id, database: identity.database, ..file })
    }

    /// Opens a file that another client left. None where it was never begun.
    pub fn adopt(path: &Path, identity: &Identity) -> Result<Option<File>, Fault> {
        let mut file = File::connect(path)?;
        if !file.connection.prepare("SELECT 1 FROM sqlite_master WHERE name = 'header'")?.exists([])? {
            return Ok(None);
        }
        let sound: String = file.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if sound != "ok" {
            return Err(Fault::Damaged(sound));
        }
        let (id, format, database, place): (String, i64, Option<String>, String) = file
            .connection
            .query_row("SELECT journal_id, format, database_id, place FROM header", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?;
        let read = |id: &str| id.parse::<Uuid>().map_err(|error| Fault::Damaged(error.to_string()));
        if format != FORMAT {
            return Err(Fault::Foreign("it was written by a newer version of this library".into()));
        }
        file.id = read(&id)?;
        file.database = database.as_deref().map(read).transpose()?;
        // One that never met its database is for the place that it was made for.
        let (own, other) = (identity.database, file.database);
        let fits = match (own, other) {
            (Some(own), Some(other)) => own == other,
            _ => place == identity.place,
        };
        if !fits {
            return Err(Fault::Foreign("its records are of another database".into()));
        }
        file.backlog =
            file.connection.query_row("SELECT count(*) FROM writes", [], |row| row.get::<_, i64>(0))? as u64;
        Ok(Some(file))
    }

    fn connect(path: &Path) -> Result<File, Fault> {
        #[cfg(unix)]
        let sole =
            Sole::enter(path, super::folder::make_private).map_err(|error| Fault::Failed(error.message))?;
        #[cfg(not(unix))]
        super::folder::make_private(path).map_err(|error| Fault::Failed(error.message))?;
        let connection = Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::ZERO)?;
        connection.execute_batch(PREPARE)?;
        // The lock is taken with the first look at the file.
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0))?;
        Ok(File {
            path: path.to_owned(),
            id: Uuid::nil(),
            connection,
            database: None,
            backlog: 0,
            done: 0,
            #[cfg(unix)]
            _sole: sole,
        })
    }

    /// How large the file may become, in pages of 4096 bytes.
    pub fn limit(&self, most_pages: u64) -> Result<(), Fault> {
        let most = i64::try_from(most_pages).unwrap_or(i64::MAX);
        self.connection.query_row(&format!("PRAGMA max_page_count={most}"), [], |_| Ok(()))?;
        Ok(())
    }

    /// From now on its writes are this database's.
    pub fn bind(&mut self, database: Uuid) -> Result<(), Fault> {
        self.connection.execute("UPDATE header SET database_id = ?1", [database.to_string()])?;
        self.database = Some(database);
        Ok(())
    }

    /// The first writes that are not replayed, up to a number of them and of bytes.
    pub fn first(&self, most: usize, most_bytes: usize) -> Result<Vec<Line>, Fault> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT seq, what FROM writes WHERE seq > ?2 ORDER BY seq LIMIT ?1")?;
        let mut rows = statement.query([most as i64, self.done])?;
        let (mut lines, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let what: String = row.get(1)?;
            bytes += what.len();
            if bytes > most_bytes && !lines.is_empty() {
                break;
            }
            lines.push(line(row.get(0)?, &what)?);
        }
        Ok(lines)
    }

    /// All writes about a message that are not replayed, in their order.
    pub fn about(&self, message: Uuid) -> Result<Vec<Line>, Fault> {
        about(&self.connection, message, self.done)
    }

    /// The number of the last write about a message.
    pub fn last_about(&self, message: Uuid) -> Result<i64, Fault> {
        let mut statement =
            self.connection.prepare_cached("SELECT max(seq) FROM writes WHERE message_id = ?1")?;
        let last: Option<i64> = statement.query_row([message.to_string()], |row| row.get(0))?;
        Ok(last.unwrap_or_default())
    }

    /// Forgets what is in the database. The texts of people go with it.
    pub fn forget(&mut self, upto: i64) -> Result<(), Fault> {
        let gone: i64 = self.connection.query_row(
            "SELECT count(*) FROM writes WHERE seq > ?1 AND seq <= ?2",
            [self.done, upto],
            |row| row.get(0),
        )?;
        // Also where they cannot be deleted now: the database has them.
        self.done = self.done.max(upto);
        self.backlog = self.backlog.saturating_sub(gone as u64);
        self.connection.execute("DELETE FROM writes WHERE seq <= ?1", [upto])?;
        if self.backlog == 0 {
            // Gives the room back to the disk. That may fail without harm.
            let _ =
                self.connection.execute_batch("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);");
        }
        Ok(())
    }

    /// Takes a write out of the way that no database takes; it stays in the file.
    pub fn set_aside(&mut self, seq: i64, why: &str) -> Result<(), Fault> {
        let all = self.connection.unchecked_transaction()?;
        all.execute(
            "INSERT INTO set_aside (seq, what, why) SELECT seq, what, ?2 FROM writes WHERE seq = ?1",
            params![seq, why],
        )?;
        let gone = all.execute("DELETE FROM writes WHERE seq = ?1", [seq])? as u64;
        all.commit()?;
        self.backlog = self.backlog.saturating_sub(gone);
        Ok(())
    }

    /// Whether nothing at all is in it, also nothing that was set aside.
    pub fn is_empty(&self) -> bool {
        self.backlog == 0
            && matches!(
                self.connection.query_row("SELECT count(*) FROM set_aside", [], |row| row.get::<_, i64>(0)),
                Ok(0)
            )
    }
}

/// The number of the last write that was ever added.
pub fn last(connection: &Connection) -> Result<i64, Fault> {
    let mut statement = connection.prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'writes'")?;
    Ok(statement.query_row([], |row| row.get(0)).optional()?.unwrap_or_default())
}

/// All writes about a message that come after `done`, in their order.
pub fn about(connection: &Connection, message: Uuid, done: i64) -> Result<Vec<Line>, Fault> {
    let mut statement = connection
        .prepare_cached("SELECT seq, what FROM writes WHERE message_id = ?1 AND seq > ?2 ORDER BY seq")?;
    let mut rows = statement.query(params![message.to_string(), done])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let what: String = row.get(1)?;
        lines.push(line(row.get(0)?, &what)?);
    }
    Ok(lines)
}

fn line(seq: i64, what: &str) -> Result<Line, Fault> {
    let write = serde_json::from_str(what)
        .map_err(|error| Fault::Damaged(format!("its write {seq} cannot be read: {error}")))?;
    Ok(Line { seq, write })
}

/// Adds a write.
pub fn append(connection: &Connection, write: &Write) -> Result<(), Fault> {
    let reference = match write {
        Write::Record(record) => record.reference.as_ref().map(|r| format!("{} {}", r.scope, r.hash)),
        _ => None,
    };
    let mut statement =
        connection.prepare_cached("INSERT INTO writes (message_id, reference, what) VALUES (?1, ?2, ?3)")?;
    statement.execute(params![write.message().map(|id| id.to_string()), reference, text(write)?])?;
    Ok(())
}

/// Writes another thing in the place of a write.
pub fn replace(connection: &Connection, seq: i64, write: &Write) -> Result<(), Fault> {
    connection.execute(
        "UPDATE writes SET message_id = ?2, reference = NULL, what = ?3 WHERE seq = ?1",
        params![seq, write.message().map(|id| id.to_string()), text(write)?],
    )?;
    Ok(())
}

/// The message that has a reference, by the scope and the hash of it, where it
/// comes after `done`.
pub fn holder(connection: &Connection, scope: &str, hash: &str, done: i64) -> Result<Option<Line>, Fault> {
    let found: Option<(i64, String)> = connection
        .prepare_cached("SELECT seq, what FROM writes WHERE reference = ?1 AND seq > ?2")?
        .query_row(params![format!("{scope} {hash}"), done], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found.map(|(seq, what)| line(seq, &what)).transpose()
}

fn text(write: &Write) -> Result<String, Fault> {
    serde_json::to_string(write).map_err(|error| Fault::Failed(error.to_string()))
}
