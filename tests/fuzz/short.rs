//! The fuzz targets without a nightly Rust: each takes all of its seeds, and
//! then, for some seconds, seeds that were changed at random. Nothing tells
//! here which change led somewhere new; that search is `tests/fuzz/run.sh`.
//!
//! `WA_FUZZ_SECONDS` is the time for each target (10), `WA_FUZZ_SEED` repeats
//! a run. What breaks a target is kept in `.setup/fuzz/found`.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wa_connector::fuzz;

type Target = fn(&[u8]);
const TARGETS: [(&str, Target); 8] = [
    ("message", fuzz::message),
    ("meta_answer", fuzz::meta_answer),
    ("meta_webhook", fuzz::meta_webhook),
    ("options", fuzz::options),
    ("settings", fuzz::settings),
    ("twilio_answer", fuzz::twilio_answer),
    ("twilio_webhook", fuzz::twilio_webhook),
    ("webhook_signature", fuzz::webhook_signature),
];
/// As much as the long search gives a target; more only makes it slower.
const MAX_LEN: usize = 8192;
/// One input may take this long, on a machine that does much else.
const TOO_SLOW: Duration = Duration::from_secs(10);

#[test]
fn message() {
    fuzz("message");
}

#[test]
fn meta_answer() {
    fuzz("meta_answer");
}

#[test]
fn meta_webhook() {
    fuzz("meta_webhook");
}

#[test]
fn options() {
    fuzz("options");
}

#[test]
fn settings() {
    fuzz("settings");
}

#[test]
fn twilio_answer() {
    fuzz("twilio_answer");
}

#[test]
fn twilio_webhook() {
    fuzz("twilio_webhook");
}

#[test]
fn webhook_signature() {
    fuzz("webhook_signature");
}

#[test]
fn every_target_of_the_long_search_is_here() {
    let mut programs: Vec<String> = files(&folder().join("src/bin"))
        .iter()
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    programs.sort();
    assert_eq!(programs, TARGETS.map(|(name, _)| name));
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

fn fuzz(name: &str) {
    let target = TARGETS.iter().find(|(each, _)| *each == name).unwrap().1;
    let seeds: Vec<Vec<u8>> =
        files(&folder().join("corpus").join(name)).iter().map(|path| fs::read(path).unwrap()).collect();
    assert!(!seeds.is_empty(), "{name} has no seeds");
    for seed in &seeds {
        run(name, target, seed);
    }
    let drawn = number("WA_FUZZ_SEED")
        .unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos().into());
    let end = Instant::now() + Duration::from_secs(number("WA_FUZZ_SECONDS").unwrap_or(10));
    let mut change = Change { state: drawn | 1, words: words() };
    let mut runs = 0;
    while Instant::now() < end {
        let input = change.of(&seeds);
        run(name, target, &input);
        runs += 1;
    }
    println!("{name}: {} seeds, {runs} changed ones, WA_FUZZ_SEED={drawn}", seeds.len());
}

/// One input; one that breaks the target, or holds it up, is kept.
fn run(name: &str, target: Target, input: &[u8]) {
    let began = Instant::now();
    let end = catch_unwind(AssertUnwindSafe(|| target(input)));
    let took = began.elapsed();
    if end.is_ok() && took < TOO_SLOW {
        return;
    }
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join(".setup/fuzz/found");
    fs::create_dir_all(&found).unwrap();
    let path = found.join(format!("{name}-short"));
    fs::write(&path, input).unwrap();
    eprintln!(
        "FAILED: {name}, after {took:?}; the input is in {}: {:?}",
        path.display(),
        String::from_utf8_lossy(input)
    );
    match end {
        Err(panic) => resume_unwind(panic),
        Ok(()) => panic!("{name} took {took:?} for one input"),
    }
}

/// The words of `words.dict`: each line one, in quotes, with the escapes of C.
fn words() -> Vec<Vec<u8>> {
    let text = fs::read_to_string(folder().join("words.dict")).unwrap();
    let quoted = text.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix('"'));
    quoted.map(unescaped).collect()
}

fn unescaped(word: &str) -> Vec<u8> {
    let mut bytes = word.bytes();
    let mut plain = Vec::new();
    while let Some(byte) = bytes.next() {
        match (byte, if byte == b'\\' { bytes.next() } else { None }) {
            (b'\\', Some(b'x')) => {
                let digits: String = bytes.by_ref().take(2).map(char::from).collect();
                plain.push(u8::from_str_radix(&digits, 16).expect("two hexadecimal digits"));
            }
            (b'\\', Some(escaped)) => plain.push(escaped),
            _ => plain.push(byte),
        }
    }
    plain
}

/// Changes seeds at random: xorshift64, so that a seed repeats a run.
struct Change {
    state: u64,
    words: Vec<Vec<u8>>,
}

impl Change {
    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 16) as usize % limit.max(1)
    }

    fn word(&mut self) -> Vec<u8> {
        let which = self.below(self.words.len());
        self.words[which].clone()
    }

    fn of(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(4) {
            let from = self.below(input.len() + 1);
            let to = (from + 1 + self.below(16)).min(input.len());
            match self.below(7) {
                0 if from < to => input[from] ^= 1 << self.below(8),
                1 => drop(input.drain(from.min(to)..to)),
                2 => {
                    let word = self.word();
                    drop(input.splice(from.min(to)..to, word));
                }
                3 => {
                    let word = self.word();
                    drop(input.splice(from..from, word));
                }
                4 => {
                    let again = input[from.min(to)..to].to_vec();
                    drop(input.splice(from..from, again));
                }
                5 => input.insert(from, self.below(256) as u8),
                _ => {
                    let other = &seeds[self.below(seeds.len())];
                    let start = self.below(other.len() + 1);
                    input.truncate(from);
                    input.extend_from_slice(&other[start..]);
                }
            }
        }
        input.truncate(MAX_LEN);
        input
    }
}
