//! The house as docs/architecture.md draws it, and as the imports of `src` are.
//!
//! The table of rooms in that page is read, not repeated here. A new import
//! between two rooms therefore needs a change of that table, which somebody
//! reads and agrees to.

mod source;
mod table;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use table::Room;
use tree::{Import, ModulePath, Tree};

const PAGE: &str = "docs/architecture.md";

/// How long a file may be, but for tests. One of some 500 lines usually holds
/// two concepts.
const MOST_LINES: usize = 500;

/// Files that may be longer, and why.
const LONGER: &[(&str, &str)] = &[];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rooms() -> Vec<Room> {
    let page = std::fs::read_to_string(root().join(PAGE)).expect("the page is there");
    table::read(&page)
}

/// Fails with every line of what is wrong.
fn none(what: &str, lines: &[String]) {
    let lines: BTreeSet<&str> = lines.iter().map(String::as_str).collect();
    let lines: Vec<&str> = lines.into_iter().collect();
    assert!(lines.is_empty(), "{what}:\n  {}\n", lines.join("\n  "));
}

/// The imports between two rooms.
fn between_rooms(tree: &Tree) -> Vec<(String, String, Import)> {
    let room = |path: &ModulePath| path.first().cloned();
    tree.imports()
        .into_iter()
        .filter_map(|import| Some((room(&import.from)?, room(&import.to)?, import)))
        .filter(|(from, to, _)| from != to)
        .collect()
}

/// What the table does not have.
fn forbidden(tree: &Tree, rooms: &[Room]) -> Vec<String> {
    between_rooms(tree)
        .into_iter()
        .filter(|(from, to, _)| !rooms.iter().any(|room| room.name == *from && room.knows.contains(to)))
        .map(|(from, to, import)| format!("{from} must not know of {to}: {}", import.place))
        .collect()
}

/// What the table has and no file uses.
fn unused(tree: &Tree, rooms: &[Room]) -> Vec<String> {
    let used: BTreeSet<(String, String)> =
        between_rooms(tree).into_iter().map(|(from, to, _)| (from, to)).collect();
    rooms
        .iter()
        .flat_map(|room| room.knows.iter().map(|known| (room.name.clone(), known.clone())))
        .filter(|pair| !used.contains(pair))
        .map(|(from, to)| format!("{from} may know of {to}, and no file of it does"))
        .collect()
}

/// Imports of a room that stands above.
fn upward(tree: &Tree, rooms: &[Room]) -> Vec<String> {
    let floor = |name: &str| rooms.iter().position(|room| room.name == name);
    between_rooms(tree)
        .into_iter()
        .filter(|(from, to, _)| floor(to) < floor(from))
        .map(|(from, to, import)| format!("{to} stands above {from}: {}", import.place))
        .collect()
}

/// Circles: among the modules that stand beside each other, each taken with
/// all that stands below it, knowledge must run in one direction.
fn circles(tree: &Tree) -> Vec<String> {
    // For every folder: which of its modules knows of which, and where.
    type Edges = BTreeMap<(String, String), Vec<String>>;
    let mut folders: BTreeMap<ModulePath, Edges> = BTreeMap::new();
    for import in tree.imports() {
        let common = import.from.iter().zip(&import.to).take_while(|(a, b)| a == b).count();
        let edge = (import.from[common].clone(), import.to[common].clone());
        let folder = folders.entry(import.from[..common].to_vec()).or_default();
        folder.entry(edge).or_default().push(import.place);
    }
    let mut lines = Vec::new();
    for (folder, edges) in &folders {
        for ((from, to), places) in edges {
            if leads(edges.keys(), to, from) {
                let inside = if folder.is_empty() { "src".to_owned() } else { folder.join("::") };
                lines.extend(
                    places.iter().map(|place| format!("{inside}: {from} and {to} run in a circle: {place}")),
                );
            }
        }
    }
    lines
}

/// Whether a way leads from one module to the other.
fn leads<'a>(
    edges: impl Iterator<Item = &'a (String, String)> + Clone,
    from: &'a String,
    to: &'a String,
) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        open.extend(edges.clone().filter(|(a, b)| a == at && seen.insert(b)).map(|(_, b)| b));
    }
    false
}

fn too_long(tree: &Tree) -> Vec<String> {
    tree.modules()
        .filter(|(_, module)| module.source.lines > MOST_LINES)
        .filter(|(_, module)| !LONGER.iter().any(|(file, _)| *file == module.file))
        .map(|(_, module)| format!("{} has {} lines", module.file, module.source.lines))
        .collect()
}

#[test]
fn every_room_is_in_the_table() {
    let tree = Tree::read(root());
    let there: BTreeSet<String> = tree.modules().filter_map(|(path, _)| path.first().cloned()).collect();
    let drawn: BTreeSet<String> = rooms().into_iter().map(|room| room.name).collect();
    let differing: Vec<String> = there.symmetric_difference(&drawn).cloned().collect();
    none("only in src, or only in the table of docs/architecture.md", &differing);
}

#[test]
fn rooms_know_of_what_the_table_allows() {
    none("imports that docs/architecture.md does not allow", &forbidden(&Tree::read(root()), &rooms()));
}

#[test]
fn the_table_allows_what_is_used_and_no_more() {
    none("docs/architecture.md allows too much", &unused(&Tree::read(root()), &rooms()));
}

#[test]
fn no_import_runs_upward() {
    none("imports that run upward", &upward(&Tree::read(root()), &rooms()));
}

#[test]
fn nothing_runs_in_a_circle() {
    none("imports that run in a circle", &circles(&Tree::read(root())));
}

#[test]
fn no_file_is_too_long() {
    none(&format!("files of more than {MOST_LINES} lines"), &too_long(&Tree::read(root())));
}

/// The page names files so that they can be found.
#[test]
fn the_page_names_files_that_are_there() {
    let page = std::fs::read_to_string(root().join(PAGE)).expect("the page is there");
    let missing: Vec<String> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.starts_with("src/") && !word.contains('<') && !root().join(word).exists())
        .map(str::to_owned)
        .collect();
    none("files that docs/architecture.md names and that are not there", &missing);
}

/// A crate of two rooms, for the tests of the test: `below` must not know of `above`.
fn small(above: &str, below: &str) -> (Tree, Vec<Room>) {
    let tree = Tree::of(&[
        ("src/lib.rs", "mod above; mod below;"),
        ("src/above.rs", above),
        ("src/below.rs", below),
        ("src/below/one.rs", "pub struct One;"),
        ("src/below/two.rs", "pub struct Two;"),
    ]);
    let rooms = table::read(
        "| Room | Holds | May know of |\n|---|---|---|\n| `above` | x | `below` |\n| `below` | y | nothing |\n\n| `no` |",
    );
    (tree, rooms)
}

#[test]
fn a_forbidden_import_is_seen_in_every_form() {
    for below in [
        "use crate::above::Thing;",
        "use crate::{above::Thing, other};",
        "pub(crate) use super::above;",
        "fn f() { let x = crate::above::make(); }",
        "fn f(x: &super::above::Thing<'_>) -> char { '\"' }",
        "mod inner { use super::super::above::Thing; }",
        "#[cfg(not(test))] use crate::above::Thing;",
        "#[cfg(test)] use std::x; use crate::above::Thing;",
        "#[cfg(test)]\nmod tests { fn f() { \"}\"; } }\nuse crate::above::{\n    self as up,\n};",
    ] {
        let (tree, rooms) = small("pub struct Thing;", below);
        assert_eq!(forbidden(&tree, &rooms).len(), 1, "{below}");
        assert_eq!(upward(&tree, &rooms).len(), 1, "{below}");
    }
    let (tree, rooms) = small("", "\n\nuse crate::above::Thing;");
    assert_eq!(
        forbidden(&tree, &rooms),
        ["below must not know of above: src/below.rs:3: crate::above::Thing"]
    );
}

#[test]
fn what_is_no_import_is_none() {
    for below in [
        "// use crate::above::Thing;",
        "/* use crate::above::Thing; */ fn f() {}",
        "const X: &str = \"use crate::above::Thing;\";",
        "const X: &str = r#\"\" use crate::above::Thing;\"#;",
        "#[cfg(test)] use crate::above::Thing;",
        "#[cfg(test)]\n#[allow(x)]\nmod tests { use crate::above::Thing; }",
        "#[cfg(any(test, feature = \"x\"))] fn f<A, B>(a: A) { crate::above::make() }",
        "#[cfg(test)] mod not_read;",
        "use above::Thing; pub(crate) struct Above;",
    ] {
        let (tree, rooms) = small("", below);
        assert_eq!(forbidden(&tree, &rooms), [""; 0], "{below}");
    }
}

#[test]
fn a_name_is_followed_to_where_it_is_written() {
    // `One` is re-exported by its parent: the import is one of below::one.
    let (tree, rooms) = small("use crate::below::One; use self::below as x;", "mod one; pub use one::One;");
    let led: Vec<String> = tree.imports().iter().map(|import| import.to.join("::")).collect();
    assert_eq!(led, ["below", "below::one"]);
    assert!(forbidden(&tree, &rooms).is_empty() && unused(&tree, &rooms).is_empty());
    let (tree, rooms) = small("", "");
    assert_eq!(unused(&tree, &rooms), ["above may know of below, and no file of it does"]);
}

#[test]
fn circles_are_seen_beside_each_other_and_not_between_parent_and_child() {
    let of = |one: &str, two: &str| {
        circles(&Tree::of(&[
            ("src/lib.rs", "mod a;"),
            ("src/a.rs", "mod one; mod two; pub use one::One; pub struct Own; use two::Two;"),
            ("src/a/one.rs", one),
            ("src/a/two.rs", two),
        ]))
        .len()
    };
    assert_eq!(of("use super::Own;", "use super::{One, Own};"), 0);
    assert_eq!(of("use super::Own; pub struct One;", "use super::One;"), 0);
    // Through the parent's names too.
    assert_eq!(of("use super::Two;", "use super::One;"), 2);
    assert_eq!(of("use super::two::Two;", "use crate::a::one;"), 2);
}
