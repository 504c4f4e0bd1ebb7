//! Reads a Rust file as far as the imports need it: no compiler, only words,
//! modules and paths. What is compiled for tests alone is left out.

use std::collections::{BTreeMap, BTreeSet};

/// A word or a sign of a file. Comments, strings and lifetimes are left out.
struct Token {
    text: String,
    line: usize,
}

/// A path that a file names, such as `["crate", "message", "Error"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its words, with `self` and `super` already replaced where it begins with them.
    pub path: Vec<String>,
    /// The line in which it ends.
    pub line: usize,
}

/// What a file says about itself and about others.
#[derive(Debug, Default)]
pub struct Source {
    /// Its modules that stand in files of their own, and are not for tests.
    pub children: Vec<String>,
    /// What it defines: types, functions, constants.
    pub items: BTreeSet<String>,
    /// The names that its `use` lines bind, and what stands behind them.
    pub bindings: BTreeMap<String, Vec<String>>,
    /// The modules of which it takes everything: `use x::*`.
    pub globs: Vec<Vec<String>>,
    /// Every path that it names.
    pub named: Vec<Named>,
    /// How many lines it has, tests among them.
    pub lines: usize,
}

/// Words with which an item begins; what a `#[cfg(test)]` before them takes
/// away ends with a semicolon or a closing brace.
const ITEMS: &[&str] = &[
    "pub",
    "use",
    "mod",
    "fn",
    "struct",
    "enum",
    "union",
    "impl",
    "const",
    "static",
    "type",
    "trait",
    "async",
    "unsafe",
    "extern",
    "macro_rules",
    "let",
];

/// Reads the file of the module `module` (its path from the crate on).
pub fn read(module: &[String], text: &str) -> Source {
    let tokens = tokens(text);
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        module: module.to_vec(),
        source: Source { lines: text.lines().count(), ..Source::default() },
    };
    reader.run();
    reader.source
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    /// The module in which the next word stands: modules within a file are entered and left.
    module: Vec<String>,
    source: Source,
}

impl Reader<'_> {
    fn word(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", |token| token.text.as_str())
    }

    fn run(&mut self) {
        let mut depth = 0usize;
        // At which depth a module within this file ends.
        let mut inner: Vec<usize> = Vec::new();
        while self.at < self.tokens.len() {
            match self.word(0) {
                "#" => {
                    if self.attribute_is_for_tests() {
                        self.skip_item();
                    }
                    continue;
                }
                "{" => depth += 1,
                "}" => {
                    depth = depth.saturating_sub(1);
                    if inner.last() == Some(&depth) {
                        inner.pop();
                        self.module.pop();
                    }
                }
                "mod" if self.word(2) == ";" => {
                    let name = self.word(1).to_owned();
                    self.source.children.push(name);
                }
                "mod" if self.word(2) == "{" => {
                    let name = self.word(1).to_owned();
                    self.module.push(name);
                    inner.push(depth);
                }
                "use" => {
                    self.at += 1;
                    self.use_tree(&mut Vec::new(), inner.is_empty());
                    continue;
                }
                "struct" | "enum" | "union" | "fn" | "trait" | "type" | "const" | "static" => {
                    let name = self.word(1).to_owned();
                    self.source.items.insert(name);
                }
                "crate" | "super" | "self" if self.word(1) == "::" => {
                    self.path();
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Steps over an attribute; tells whether what follows it is for tests alone.
    fn attribute_is_for_tests(&mut self) -> bool {
        let begin = self.at;
        while self.at < self.tokens.len() && self.word(0) != "[" {
            self.at += 1;
        }
        self.skip_group();
        let words: Vec<&str> = self.tokens[begin..self.at].iter().map(|token| token.text.as_str()).collect();
        words.get(2) == Some(&"cfg")
            && words.iter().enumerate().any(|(n, word)| {
                let denied = n >= 2 && words[n - 1] == "(" && words[n - 2] == "not";
                *word == "test" && !denied
            })
    }

    /// From an opening bracket to behind the one that closes it.
    fn skip_group(&mut self) {
        let mut depth = 0usize;
        while self.at < self.tokens.len() {
            match self.word(0) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    /// Steps over an item, a statement, a field or an arm of a match.
    fn skip_item(&mut self) {
        while self.word(0) == "#" {
            self.attribute_is_for_tests();
        }
        let item = ITEMS.contains(&self.word(0));
        let mut import = false;
        while self.at < self.tokens.len() {
            match self.word(0) {
                "use" => import = true,
                ";" => {
                    self.at += 1;
                    return;
                }
                "," if !item => {
                    self.at += 1;
                    return;
                }
                "}" | ")" | "]" => return,
                opening @ ("(" | "[" | "{") => {
                    let ends = opening == "{" && !import;
                    self.skip_group();
                    if ends {
                        return;
                    }
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// A path in the middle of code.
    fn path(&mut self) {
        let mut path = vec![self.word(0).to_owned()];
        let line = self.tokens[self.at].line;
        self.at += 1;
        while self.word(0) == "::" && is_name(self.word(1)) {
            path.push(self.word(1).to_owned());
            self.at += 2;
        }
        let path = self.absolute(path);
        self.source.named.push(Named { path, line });
    }

    /// The tree behind `use`, to its end: every path of it, and what it binds.
    /// Only what the file itself binds can be reached from other files.
    fn use_tree(&mut self, before: &mut Vec<String>, outside: bool) {
        let length = before.len();
        let mut glob = false;
        let mut alias = None;
        let mut line = self.tokens.get(self.at).map_or(0, |token| token.line);
        while self.at < self.tokens.len() {
            match self.word(0) {
                "::" => {}
                "*" => glob = true,
                "as" => {
                    alias = Some(self.word(1).to_owned());
                    self.at += 1;
                }
                "{" => {
                    self.at += 1;
                    while self.at < self.tokens.len() && self.word(0) != "}" {
                        self.use_tree(before, outside);
                        if self.word(0) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    before.truncate(length);
                    return self.end_of_use();
                }
                "," | "}" | ";" => break,
                _ => {
                    line = self.tokens[self.at].line;
                    before.push(self.word(0).to_owned());
                }
            }
            self.at += 1;
        }
        let mut path = before.clone();
        // `use x::{self}` is x.
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let path = self.absolute(path);
        if let Some(last) = path.last() {
            if glob && outside {
                self.source.globs.push(path.clone());
            } else if outside {
                self.source.bindings.insert(alias.unwrap_or_else(|| last.clone()), path.clone());
            }
            self.source.named.push(Named { path, line });
        }
        before.truncate(length);
        self.end_of_use();
    }

    fn end_of_use(&mut self) {
        if self.word(0) == ";" {
            self.at += 1;
        }
    }

    /// A path with `self` and `super` replaced by the module in which it stands.
    fn absolute(&self, mut path: Vec<String>) -> Vec<String> {
        let mut module = self.module.clone();
        match path.first().map(String::as_str) {
            Some("self") => {
                path.remove(0);
            }
            Some("super") => {
                while path.first().is_some_and(|word| word == "super") {
                    path.remove(0);
                    module.pop();
                }
            }
            _ => return path,
        }
        module.insert(0, "crate".to_owned());
        module.append(&mut path);
        module
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The words and signs of a file.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let begin = at;
        let next = chars.get(at + 1).copied().unwrap_or(' ');
        let mut word = String::new();
        match chars[at] {
            '/' if next == '/' => at = position(&chars, at, |rest| rest[0] == '\n'),
            '/' if next == '*' => at = position(&chars, at + 2, |rest| rest.starts_with(&['*', '/'])) + 2,
            '"' => at = end_of_string(&chars, at),
            '\'' => at = end_of_quote(&chars, at),
            ':' if next == ':' => {
                word.push_str("::");
                at += 2;
            }
            c if c.is_alphanumeric() || c == '_' => {
                at = position(&chars, at, |rest| !(rest[0].is_alphanumeric() || rest[0] == '_'));
                word = chars[begin..at].iter().collect();
                // r"..", r#".."#, b"..": a string without escapes, or with bytes.
                let hashes = chars[at..].iter().take_while(|c| **c == '#').count();
                let raw = ["r", "br", "cr"].contains(&word.as_str());
                if raw && chars.get(at + hashes) == Some(&'"') {
                    let end: Vec<char> = std::iter::once('"').chain(vec!['#'; hashes]).collect();
                    at = position(&chars, at + hashes + 1, |rest| rest.starts_with(&end)) + end.len();
                    word.clear();
                } else if ["b", "c"].contains(&word.as_str()) && chars.get(at) == Some(&'"') {
                    at = end_of_string(&chars, at);
                    word.clear();
                }
            }
            c => {
                if !c.is_whitespace() {
                    word.push(c);
                }
                at += 1;
            }
        }
        if !word.is_empty() {
            tokens.push(Token { text: word, line });
        }
        at = at.min(chars.len());
        line += chars[begin..at].iter().filter(|c| **c == '\n').count();
    }
    tokens
}

fn position(chars: &[char], from: usize, found: impl Fn(&[char]) -> bool) -> usize {
    (from..chars.len()).find(|at| found(&chars[*at..])).unwrap_or(chars.len())
}

fn end_of_string(chars: &[char], from: usize) -> usize {
    let mut at = from + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// Behind a character such as `'x'` or a lifetime such as `'static`.
fn end_of_quote(chars: &[char], from: usize) -> usize {
    if chars.get(from + 1) == Some(&'\\') {
        return position(chars, from + 3, |rest| rest[0] == '\'') + 1;
    }
    if chars.get(from + 2) == Some(&'\'') {
        return from + 3;
    }
    position(chars, from + 1, |rest| !(rest[0].is_alphanumeric() || rest[0] == '_'))
}
