//! The steps as a script that a DBA runs with sqlcmd or Management Studio.

use super::schema;
use crate::history::names::Names;
use crate::history::tables::steps_after;

/// One batch and one transaction: what fails in it changes nothing, and ends
/// it. So each statement that must be the first of its batch, or that uses what
/// another one made, is run as a text. `sqlcmd` has QUOTED_IDENTIFIER off.
pub fn script(names: &Names, from: i64) -> String {
    let mut script = format!("{};\nGO\nBEGIN TRANSACTION;\n", super::FOR_WRITERS);
    script.push_str(&format!(
        "DECLARE @found int;\n\
         EXEC @found = sp_getapplock @Resource = N'{}', @LockMode = N'Exclusive', @LockOwner = N'Transaction', \
         @LockTimeout = 25000;\n{}",
        schema::lock_key(names),
        fail_if("@found < 0", "another process makes or upgrades the tables")
    ));
    script.push_str(&only_from(names, from));
    if from == 0
        && let Some(name) = names.schema()
    {
        script.push_str(&format!(
            "IF SCHEMA_ID(N'{name}') IS NULL {}",
            run(&format!("CREATE SCHEMA \"{name}\""))
        ));
    }
    for (number, changes) in steps_after(from) {
        let statements = changes.iter().flat_map(|change| schema::change(names, number, change));
        statements.for_each(|statement| script.push_str(&run(&statement)));
        script.push_str(&run(&schema::version_row(names, &number.to_string(), "NEWID()")));
    }
    script.push_str("COMMIT TRANSACTION;\n");
    script
}

/// Fails where the tables are not those that the script begins with.
fn only_from(names: &Names, from: i64) -> String {
    let table = &names.schema_version;
    if from == 0 {
        let there =
            format!("OBJECT_ID(N'[{}]', N'U') IS NOT NULL", table.replace('"', "").replace('.', "].["));
        return fail_if(&there, "the tables are there already: ask for the steps after their version");
    }
    format!(
        "EXEC sp_executesql N'SELECT @version = MAX(version) FROM {table}', N'@version int OUTPUT', @found OUTPUT;\n{}",
        fail_if(
            &format!("ISNULL(@found, 0) <> {from}"),
            &format!("the tables do not have version {from}, after which this script begins")
        )
    )
}

fn fail_if(condition: &str, why: &str) -> String {
    format!("IF {condition} BEGIN; THROW 50000, N'{why}', 1; END;\n")
}

fn run(statement: &str) -> String {
    format!("EXEC(N'{}');\n", statement.replace('\'', "''"))
}
