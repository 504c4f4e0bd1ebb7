//! What a role must be allowed on PostgreSQL: to work with the tables, and to
//! make and change them. The checks, the script for a DBA and the page
//! docs/database-postgresql.md all follow the list of `odbc/rights.rs`.

use crate::history::fields::Fields;
use crate::history::finding::MissingRight;
use crate::history::names::Names;
use crate::history::odbc::rights::{USES, Use, quoted};
use crate::history::odbc::session::Session;
use crate::history::store::StoreResult;
use crate::history::tables::{Change, what_there_is};

/// The rights that a running client needs and its user lacks. A user who made
/// the tables has them all; another may lack those of a table that a later
/// version made.
pub fn missing(session: &mut Session, names: &Names) -> StoreResult<Vec<MissingRight>> {
    let mut asked = Vec::new();
    for (place, of) in USES.iter().enumerate() {
        // Of a list PostgreSQL says whether there is any of them, so each is asked for by itself.
        asked.extend(
            of.rights.iter().map(|right| format!("({place}, '{}', '{right}')", names.table(of.table))),
        );
    }
    // A table that is not there is another matter: null.
    let sql = format!(
        "SELECT place, string_agg(right_name, ', ') FROM (VALUES {}) AS x(place, table_name, right_name) \
         WHERE NOT has_table_privilege(CAST(to_regclass(table_name) AS oid), right_name) \
         GROUP BY place ORDER BY place",
        asked.join(", ")
    );
    let lacking = session.rows(&sql, &[], |row| Ok((row.number()?, row.text()?)))?;
    let of = |place: i64| usize::try_from(place).ok().and_then(|place| USES.get(place));
    Ok(lacking
        .into_iter()
        .filter_map(|(place, rights)| {
            let Use { table, needed_to_send, .. } = of(place)?;
            let table = names.table(table).replace('"', "");
            Some(MissingRight { right: format!("{rights} on {table}"), needed_to_send: *needed_to_send })
        })
        .collect())
}

/// Has a role do what a running client does, and no more.
pub fn to_run(names: &Names, role: &str) -> String {
    let role = quoted(role);
    let mut script = format!("GRANT USAGE ON SCHEMA {} TO {role};\n", schema(names));
    for of in USES {
        let rights = of.rights.join(", ");
        script.push_str(&format!("GRANT {rights} ON {} TO {role};\n", names.table(of.table)));
    }
    script
}

/// Has a role make the tables, and change those that an earlier version made:
/// only their owner can.
pub fn to_migrate(names: &Names, role: &str, from: i64) -> String {
    let role = quoted(role);
    let mut script = String::new();
    if names.schema().is_some() {
        script.push_str(&format!("CREATE SCHEMA IF NOT EXISTS {};\n", schema(names)));
    }
    script.push_str(&format!("GRANT USAGE, CREATE ON SCHEMA {} TO {role};\n", schema(names)));
    for change in what_there_is(from) {
        let (kind, name) = match change {
            Change::Make(table) => ("TABLE", names.table(table.name)),
            Change::Show => ("VIEW", names.history.clone()),
            Change::Extend(_) => continue,
        };
        script.push_str(&format!("ALTER {kind} {name} OWNER TO {role};\n"));
    }
    script
}

/// The schema of the tables; where the settings name none, the one that a
/// search path ends with.
fn schema(names: &Names) -> String {
    format!("\"{}\"", names.schema().unwrap_or("public"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_quoted() {
        let names = Names::new(None, "wa_");
        let script = to_run(&names, "a\"; DROP TABLE b; --");
        let first = script.lines().next().unwrap();
        assert_eq!(first, r#"GRANT USAGE ON SCHEMA "public" TO "a""; DROP TABLE b; --";"#);
        assert!(script.contains(r#"GRANT SELECT, INSERT ON "wa_events" TO "#), "{script}");
    }

    /// What docs/database-postgresql.md shows is what the library would write.
    #[test]
    fn the_page_shows_these_rights() {
        let page = include_str!("../../../../docs/database-postgresql.md").replace("\r\n", "\n");
        let shown = page.split("```sql\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let names = Names::new(Some("whatsapp"), "wa_");
        assert_eq!(shown.replace('"', ""), to_run(&names, "wa_app").replace('"', ""));
    }
}
