//! The seeds of the fuzz targets, as they are and changed: the long search is
//! `tests/fuzz/run.sh`.

use crate::inbound::fuzz;
use std::path::Path;

/// How often each seed is changed.
const CHANGES: usize = 30;

fn fuzz(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let seeds: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert!(seeds.len() > 10);
    // xorshift64: each run makes the same changes.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as usize % limit.max(1)
    };
    for seed in &seeds {
        target(seed);
        for _ in 0..CHANGES {
            let mut input = seed.clone();
            let from = below(input.len());
            let to = (from + 1 + below(16)).min(input.len());
            match below(5) {
                0 => input[from] ^= 1 << below(8),
                1 => drop(input.drain(from..to)),
                2 => input.insert(from, below(256) as u8),
                3 => {
                    let again = input[from..to].to_vec();
                    drop(input.splice(from..from, again));
                }
                _ => {
                    let other = &seeds[below(seeds.len())];
                    input.truncate(from);
                    input.extend_from_slice(&other[below(other.len())..]);
                }
            }
            target(&input);
        }
    }
}

#[test]
fn changed_webhooks_of_meta_break_no_promise() {
    fuzz("meta_webhook", fuzz::meta_webhook);
}

#[test]
fn changed_webhooks_of_twilio_break_no_promise() {
    fuzz("twilio_webhook", fuzz::twilio_webhook);
}
