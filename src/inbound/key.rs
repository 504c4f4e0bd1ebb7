//! The keys by which something that comes again is known.

use crate::ground::hex;
use sha2::{Digest, Sha256};

/// The most characters of a key: columns are made for as many.
const LONGEST: usize = 255;

/// The key of something of this kind. Its parts are told apart: `a:b` and `c`
/// are not `a` and `b:c`.
pub fn of(kind: &str, parts: &[&str]) -> String {
    let plain =
        |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
    let length = kind.len() + parts.iter().map(|part| part.len() + 1).sum::<usize>();
    if length <= LONGEST && parts.iter().all(plain) {
        return [&[kind], parts].concat().join(":");
    }
    hashed(kind, parts)
}

/// The same for parts that are long.
pub fn hashed(kind: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    format!("{kind}::{}", hex(&hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_short_and_tell_their_parts_apart() {
        assert_eq!(of("status", &["wamid.A=", "read"]), "status:wamid.A=:read");
        let long = "x".repeat(300);
        let keys = [
            of("status", &["a", "b:c"]),
            of("status", &["a:b", "c"]),
            of("status", &["ab", "c"]),
            of("status", &["a", "bc"]),
            of("status", &["", "abc"]),
            of("status", &[&long]),
            of("status", &[&long, ""]),
            of("status", &["é"]),
            of("status", &["a b"]),
            of("message", &[&long]),
        ];
        for (at, key) in keys.iter().enumerate() {
            assert!(key.len() <= LONGEST && key.bytes().all(|byte| byte.is_ascii_graphic()), "{key}");
            assert!(!keys[..at].contains(key), "{key}");
        }
    }
}
