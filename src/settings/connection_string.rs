//! Connection strings that are not ODBC's of PostgreSQL, told by their keys:
//! the driver manager would only say that there is no driver.

use super::fault::refused;
use crate::message::Result;

const PATH: &str = "history.connection_string";

/// Keys that only .NET's library for SQL Server has.
const OF_SQL_CLIENT: [&str; 9] = [
    "datasource",
    "initialcatalog",
    "integratedsecurity",
    "trustedconnection",
    "trustservercertificate",
    "multipleactiveresultsets",
    "attachdbfilename",
    "persistsecurityinfo",
    "applicationintent",
];
/// Keys that .NET's library for PostgreSQL has, and no driver by itself.
const OF_NPGSQL: [&str; 4] = ["host", "username", "userid", "searchpath"];
/// What the names of SQL Server's drivers hold.
const SQL_SERVER_DRIVERS: [&str; 5] = ["sqlserver", "msodbcsql", "freetds", "tdsodbc", "sqlncli"];

/// Refuses them, with what to write.
pub fn check(text: &str) -> Result<()> {
    let attributes = attributes(text);
    let of = |key: &str| attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    let has = |keys: &[&str]| keys.iter().any(|key| of(key).is_some());
    let (why, hint) = if let Some(driver) = of("driver") {
        let driver = squeezed(driver);
        if !SQL_SERVER_DRIVERS.iter().any(|name| driver.contains(name)) {
            return Ok(());
        }
        (
            "names a driver of SQL Server, in which this version cannot keep its history",
            "SQL Server comes with a later version. Until then give a PostgreSQL database",
        )
    } else if has(&["dsn", "filedsn"]) {
        return Ok(());
    } else if has(&OF_SQL_CLIENT) {
        (
            "is written for .NET's SqlClient and SQL Server (ADO.NET), not for ODBC",
            "SQL Server comes with a later version. Until then give a PostgreSQL database",
        )
    } else if text.trim_start().starts_with("postgres") && text.contains("://") || text.contains("dbname=") {
        ("is written for libpq, PostgreSQL's own library, not for ODBC", "Name the same server for ODBC")
    } else if has(&OF_NPGSQL) {
        ("is written for .NET's Npgsql (ADO.NET), not for ODBC", "Name the same server for ODBC")
    } else {
        return Ok(());
    };
    Err(refused(PATH, format!("{PATH} {why}.")).hint(format!(
        "{hint}, such as Driver=PostgreSQL Unicode;Server=db.example;Port=5432;Database=crm;Uid=wa;Pwd=..; \
         or leave it out and give history.file."
    )))
}

/// The attributes: keys without blanks and in small letters, values as they
/// are. A value in braces may hold anything.
fn attributes(text: &str) -> Vec<(String, String)> {
    let mut attributes = Vec::new();
    let mut in_braces = false;
    let parts = text.split(|c: char| {
        match c {
            '{' => in_braces = true,
            '}' => in_braces = false,
            _ => {}
        }
        c == ';' && !in_braces
    });
    for part in parts {
        if let Some((key, value)) = part.split_once('=') {
            attributes.push((squeezed(key), value.trim().to_owned()));
        }
    }
    attributes
}

/// What it says of the server and the database, in an order of its own.
pub fn server_of(text: &str) -> Vec<(String, String)> {
    const KEYS: [&str; 8] =
        ["address", "database", "dsn", "filedsn", "port", "server", "servername", "initialcatalog"];
    let mut found: Vec<_> =
        attributes(text).into_iter().filter(|(key, _)| KEYS.contains(&key.as_str())).collect();
    found.sort();
    found
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '_').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Strings of another database or another library are told as such: the
    /// driver manager would only say that there is no driver.
    #[test]
    fn connection_strings_of_other_libraries_are_named() {
        for (text, word) in [
            ("Driver={ODBC Driver 18 for SQL Server};Server=tcp:db,1433;Uid=a;Pwd=canary", "SQL Server"),
            ("DRIVER = FreeTDS;Server=db;Port=1433;Uid=a;Pwd=canary;TDS_Version=8.0", "SQL Server"),
            ("Driver=/opt/microsoft/lib/libmsodbcsql-18.so;Server=db;Pwd=canary", "SQL Server"),
            ("Driver={SQL Server Native Client 11.0};Server=db;Pwd=canary", "SQL Server"),
            ("Data Source=db;Initial Catalog=Creatio;User ID=a;Password=canary;Encrypt=true", "SQL Server"),
            ("Server=db;Database=crm;Integrated Security=SSPI;Pooling=true", "SQL Server"),
            ("Server=db;Database=crm;User Id=a;Password=canary;TrustServerCertificate=True", "SQL Server"),
            ("Host=db;Username=a;Password=canary;Database=crm", "Npgsql"),
            ("Server=db;Port=5432;Database=crm;User ID=a;Password=canary;Timeout=500", "Npgsql"),
            ("host=db dbname=crm user=a password=canary", "libpq"),
            ("postgresql://a:canary@db/crm", "libpq"),
        ] {
            let error = check(text).err().unwrap_or_else(|| panic!("accepted: {text}"));
            assert_eq!(error.argument.as_deref(), Some("settings_json.history.connection_string"), "{error}");
            assert!(error.message.contains(word), "{text}: {error}");
            let hint = error.hint.clone().unwrap_or_default();
            assert!(hint.contains("Driver=PostgreSQL Unicode;Server="), "{text}: {hint}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
        for text in [
            "Driver=PostgreSQL Unicode;Server=db;Database=crm;Uid=a;Pwd=canary",
            "Driver={PostgreSQL ANSI};Servername=db;Username=a;Pwd={;Data Source=SQL Server}",
            "DSN=crm;Uid=a;Pwd=canary",
            "FILEDSN=/etc/crm.dsn;UID=a",
        ] {
            assert!(check(text).is_ok(), "{text}");
        }
    }
}
