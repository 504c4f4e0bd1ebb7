//! The modules of the crate, and which of them knows of which.

use crate::source::{self, Source};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A path's words without `crate`: `["history", "writer"]`. The root has none.
pub type ModulePath = Vec<String>;

/// A file of the crate.
#[derive(Debug)]
pub struct Module {
    /// Its name below the project's folder.
    pub file: String,
    /// What is written in it.
    pub source: Source,
}

/// One file names something of another one.
#[derive(Debug, Clone)]
pub struct Import {
    /// The module that names it.
    pub from: ModulePath,
    /// The module that holds it, or one that re-exports it.
    pub to: ModulePath,
    /// File and line, and the path as it is written there.
    pub place: String,
}

/// All modules that are not for tests alone.
#[derive(Debug, Default)]
pub struct Tree {
    modules: BTreeMap<ModulePath, Module>,
}

impl Tree {
    /// Reads the crate whose root is `src/lib.rs` below `root`.
    pub fn read(root: &Path) -> Tree {
        let mut tree = Tree::default();
        tree.enter(Vec::new(), &|file| fs::read_to_string(root.join(file)).ok());
        tree
    }

    fn enter(&mut self, path: ModulePath, read: &dyn Fn(&str) -> Option<String>) {
        let file =
            if path.is_empty() { "src/lib.rs".to_owned() } else { format!("src/{}.rs", path.join("/")) };
        let text = read(&file).unwrap_or_else(|| panic!("{file} cannot be read; a module is `name.rs`"));
        let source = source::read(&path, &text);
        for child in &source.children {
            let mut below = path.clone();
            below.push(child.clone());
            self.enter(below, read);
        }
        self.modules.insert(path, Module { file, source });
    }

    /// A crate made of texts.
    pub fn of(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        tree.enter(Vec::new(), &|wanted| {
            files.iter().find(|(file, _)| *file == wanted).map(|(_, text)| (*text).to_owned())
        });
        tree
    }

    /// Every file.
    pub fn modules(&self) -> impl Iterator<Item = (&ModulePath, &Module)> {
        self.modules.iter()
    }

    /// Every import between two files, but between a file and the ones that
    /// stand below it: those are one thing in several files.
    pub fn imports(&self) -> Vec<Import> {
        let mut imports = Vec::new();
        for (from, module) in &self.modules {
            for named in &module.source.named {
                for to in self.way(from, &named.path, 0) {
                    if !to.starts_with(from) && !from.starts_with(&to) {
                        let place = format!("{}:{}: {}", module.file, named.line, named.path.join("::"));
                        imports.push(Import { from: from.clone(), to, place });
                    }
                }
            }
        }
        imports
    }

    /// The modules that a path leads through: those that re-export its item,
    /// and last the one in which it is written. None for other crates' items.
    fn way(&self, module: &ModulePath, path: &[String], steps: usize) -> Vec<ModulePath> {
        let Some((first, after)) = path.split_first() else { return Vec::new() };
        let Some(Module { source, .. }) = self.modules.get(module) else { return Vec::new() };
        // Two modules that re-export each other's names would be followed for ever.
        if steps > 20 {
            return Vec::new();
        }
        if first == "crate" {
            return self.way_below(Vec::new(), after, steps);
        }
        // A path without `crate`: it begins with a module below, or with a name bound here.
        if source.children.contains(first) {
            return self.way_below(module.clone(), path, steps);
        }
        match source.bindings.get(first) {
            Some(bound) if bound.first() != Some(first) => {
                self.way(module, &[bound.as_slice(), after].concat(), steps + 1)
            }
            _ => Vec::new(),
        }
    }

    fn way_below(&self, mut at: ModulePath, path: &[String], steps: usize) -> Vec<ModulePath> {
        let mut rest = path;
        while let Some((name, after)) = rest.split_first() {
            let Some(Module { source, .. }) = self.modules.get(&at) else { return Vec::new() };
            if source.children.contains(name) {
                at.push(name.clone());
                rest = after;
                continue;
            }
            if let Some(bound) = source.bindings.get(name) {
                let mut way = self.way(&at, &[bound.as_slice(), after].concat(), steps + 1);
                way.insert(0, at);
                return way;
            }
            let defines = |path: &ModulePath| {
                self.modules.get(path).is_some_and(|module| module.source.items.contains(name))
            };
            let globs = source.globs.iter().map(|glob| self.way(&at, glob, steps + 1));
            let found = globs.into_iter().find(|way| way.last().is_some_and(defines));
            return [vec![at.clone()], found.unwrap_or_default()].concat();
        }
        vec![at]
    }
}
