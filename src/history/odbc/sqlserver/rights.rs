//! What a user must be allowed in SQL Server: to work with the tables, and to
//! make and change them. The checks, the script for a DBA and the page
//! docs/database-sqlserver.md all follow the list of `odbc/rights.rs`.

use crate::history::fields::Fields;
use crate::history::finding::MissingRight;
use crate::history::names::Names;
use crate::history::odbc::rights::{USES, Use, quoted};
use crate::history::odbc::session::Session;
use crate::history::store::StoreResult;

/// Asks which rights the user lacks: the place in the list, and the right. A
/// table that is not there is another matter: null.
pub fn lacking(names: &Names) -> String {
    let mut asked = Vec::new();
    for (place, of) in USES.iter().enumerate() {
        let table = bracketed(&names.table(of.table));
        asked.extend(of.rights.iter().map(|right| format!("({place}, N'{table}', N'{right}')")));
    }
    format!(
        "SELECT r.place, r.right_name FROM (VALUES {}) r(place, table_name, right_name) \
         WHERE HAS_PERMS_BY_NAME(r.table_name, N'OBJECT', r.right_name) = 0 ORDER BY r.place",
        asked.join(", ")
    )
}

/// The rights that a running client needs and its user lacks. A user who made
/// the tables has them all; another may lack those of a table that a later
/// version made.
pub fn missing(session: &mut Session, names: &Names) -> StoreResult<Vec<MissingRight>> {
    let found = session.rows(&lacking(names), &[], |row| Ok((row.number()?, row.text()?)))?;
    let mut missing = Vec::new();
    for (place, of) in (0_i64..).zip(USES) {
        let rights: Vec<&str> =
            found.iter().filter(|(at, _)| *at == place).map(|(_, right)| right.as_str()).collect();
        if !rights.is_empty() {
            let table = names.table(of.table).replace('"', "");
            let right = format!("{} on {table}", rights.join(", "));
            missing.push(MissingRight { right, needed_to_send: of.needed_to_send });
        }
    }
    Ok(missing)
}

/// `sqlcmd` has it off, and takes quoted names for texts. It counts from the
/// next batch on.
const QUOTED_NAMES: &str = "SET QUOTED_IDENTIFIER ON;\nGO\n";

/// Has a user do what a running client does, and no more.
pub fn to_run(names: &Names, role: &str) -> String {
    let role = quoted(role);
    let grant =
        |of: &Use| format!("GRANT {} ON {} TO {role};\n", of.rights.join(", "), names.table(of.table));
    std::iter::once(QUOTED_NAMES.to_owned()).chain(USES.iter().map(grant)).collect()
}

/// Has a user make the tables, and change those that an earlier version made.
pub fn to_migrate(names: &Names, role: &str) -> String {
    let role = quoted(role);
    let schema = names.schema().unwrap_or("dbo");
    let mut script = QUOTED_NAMES.to_owned();
    if names.schema().is_some() {
        script.push_str(&format!("IF SCHEMA_ID(N'{schema}') IS NULL EXEC(N'CREATE SCHEMA \"{schema}\"');\n"));
    }
    script.push_str(&format!("GRANT CREATE TABLE, CREATE VIEW TO {role};\n"));
    script.push_str(&format!(
        "GRANT ALTER, SELECT, INSERT, UPDATE, DELETE ON SCHEMA::\"{schema}\" TO {role};\n"
    ));
    script
}

/// As functions of the server take a name.
fn bracketed(table: &str) -> String {
    format!("[{}]", table.replace('"', "").replace('.', "].["))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_quoted() {
        let names = Names::new(None, "wa_");
        let script = to_run(&names, "a\"; DROP TABLE b; --");
        assert_eq!(
            script.lines().nth(2).unwrap(),
            r#"GRANT SELECT ON "wa_schema" TO "a""; DROP TABLE b; --";"#
        );
    }

    /// `sqlcmd` takes quoted names for texts until it is told, in a batch before.
    #[test]
    fn quoted_names_are_switched_on_first() {
        let names = Names::new(Some("whatsapp"), "wa_");
        for script in [to_run(&names, "a"), to_migrate(&names, "a")] {
            assert!(script.starts_with("SET QUOTED_IDENTIFIER ON;\nGO\n"), "{script}");
        }
    }

    /// What docs/database-sqlserver.md shows is what the library would write.
    #[test]
    fn the_page_shows_these_rights() {
        let page = include_str!("../../../../docs/database-sqlserver.md").replace("\r\n", "\n");
        let names = Names::new(Some("whatsapp"), "wa_");
        let rights = to_run(&names, "wa_app").replace('"', "");
        assert!(page.contains(&format!("```sql\n{rights}```")), "{rights}");
    }
}
