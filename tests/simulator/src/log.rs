//! The log of what was received: one JSON object a line, on disk before the answer is given.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::{Map, Value};
use tokio::sync::oneshot;

use crate::chance::locked;

struct Entry {
    line: String,
    on_disk: Option<oneshot::Sender<()>>,
}

struct Recent {
    seq: u64,
    lines: VecDeque<(u64, String)>,
    writer: Option<Sender<Entry>>,
}

pub struct Log {
    keep: usize,
    recent: Mutex<Recent>,
}

impl Log {
    pub fn new(file: Option<&Path>, fsync: bool, keep: usize) -> Result<Self, String> {
        let writer = match file {
            None => None,
            Some(path) => {
                let file = OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(path)
                    .map_err(|e| format!("cannot open the log {}: {e}", path.display()))?;
                let (give, take) = channel();
                std::thread::Builder::new()
                    .name("log".to_owned())
                    .spawn(move || write(file, &take, fsync))
                    .map_err(|e| format!("cannot start the log's thread: {e}"))?;
                Some(give)
            }
        };
        Ok(Self { keep, recent: Mutex::new(Recent { seq: 0, lines: VecDeque::new(), writer }) })
    }

    /// Numbers and records it; the receiver fires once it is on disk.
    fn record(&self, mut record: Map<String, Value>, wait: bool) -> Option<oneshot::Receiver<()>> {
        let mut recent = locked(&self.recent);
        recent.seq += 1;
        let seq = recent.seq;
        record.insert("seq".to_owned(), seq.into());
        let line = Value::Object(record).to_string();
        let mut waiting = None;
        if let Some(writer) = &recent.writer {
            let (tell, told) = oneshot::channel();
            let on_disk = wait.then_some(tell);
            if writer.send(Entry { line: line.clone(), on_disk }).is_ok() && wait {
                waiting = Some(told);
            }
        }
        if recent.lines.len() >= self.keep {
            recent.lines.pop_front();
        }
        if self.keep > 0 {
            recent.lines.push_back((seq, line));
        }
        waiting
    }

    /// Returns when the record is on disk.
    pub async fn write(&self, record: Map<String, Value>) {
        if let Some(waiting) = self.record(record, true) {
            let _ = waiting.await;
        }
    }

    /// For records that no answer follows.
    pub fn note(&self, record: Map<String, Value>) {
        self.record(record, false);
    }

    /// The newest `limit` records after `since`, oldest first, as a JSON list.
    pub fn recent(&self, since: u64, limit: usize) -> String {
        let recent = locked(&self.recent);
        let mut chosen: Vec<&str> = recent
            .lines
            .iter()
            .rev()
            .take_while(|(seq, _)| *seq > since)
            .take(limit)
            .map(|(_, l)| l.as_str())
            .collect();
        chosen.reverse();
        format!("{{\"last_seq\":{},\"requests\":[{}]}}", recent.seq, chosen.join(","))
    }

    /// Forgets what is kept in memory; the file and the numbering go on.
    pub fn reset(&self) {
        locked(&self.recent).lines.clear();
    }
}

fn write(mut file: File, take: &Receiver<Entry>, fsync: bool) {
    let mut waiting = Vec::new();
    let mut text = Vec::new();
    while let Ok(first) = take.recv() {
        text.clear();
        let mut next = Some(first);
        while let Some(entry) = next {
            text.extend_from_slice(entry.line.as_bytes());
            text.push(b'\n');
            waiting.extend(entry.on_disk);
            next = if text.len() < 1 << 20 { take.try_recv().ok() } else { None };
        }
        let done = file.write_all(&text).and_then(|()| if fsync { file.sync_data() } else { Ok(()) });
        if let Err(e) = done {
            // a judge reads this log: better no simulator than one whose log misses lines
            eprintln!("wa-simulator: cannot write the log: {e}");
            std::process::exit(1);
        }
        for told in waiting.drain(..) {
            let _ = told.send(());
        }
    }
}
