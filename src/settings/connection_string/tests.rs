use super::*;
use crate::ground::connection_string::attributes;
use proptest::prelude::*;

fn candidates(text: &str) -> Result<Vec<Candidate>> {
    read(&Secret::new(text.to_owned()))
}

/// The string for each driver, in the order of preference.
fn texts(text: &str) -> Vec<String> {
    let candidates = candidates(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    candidates.iter().map(|candidate| candidate.text.expose().to_owned()).collect()
}

/// The string for Debian's PostgreSQL driver, without the driver.
fn postgres(text: &str) -> String {
    let texts = texts(text);
    assert_eq!(texts.len(), 3, "{text}");
    for (text, driver) in texts.iter().zip(["PostgreSQL Unicode", "PostgreSQL Unicode(x64)", "PostgreSQL"]) {
        assert!(text.starts_with(&format!("Driver={{{driver}}};")), "{text}");
    }
    texts[0].replacen("Driver={PostgreSQL Unicode};", "", 1)
}

/// The strings for Microsoft's driver and for FreeTDS, without the driver.
fn sql_server(text: &str) -> (String, Option<String>) {
    let texts = texts(text);
    let of = |driver: &str| {
        let start = format!("Driver={{{driver}}};");
        texts.iter().find_map(|text| text.strip_prefix(&start)).map(str::to_owned)
    };
    let newest = of("ODBC Driver 18 for SQL Server").unwrap();
    if let Some(older) = of("ODBC Driver 17 for SQL Server") {
        assert_eq!(newest, older);
    }
    (newest, of("FreeTDS"))
}

/// What stands in Creatio's ConnectionStrings.config, and around it.
#[test]
fn strings_of_npgsql_are_translated() {
    for (text, translated) in [
        (
            "Pooling=True; Database=crm; Host=db.example; Port=5433; Username=a; Password=p;Timeout=5;CommandTimeout=400;MaxPoolSize=1024;",
            "Server=db.example;Port=5433;Database=crm;Uid=a;Pwd={p};",
        ),
        (
            "Server=10.0.0.5;Port=5432;Database=crm;User ID=a;password=p w;Timeout=500;CommandTimeout=400;MaxPoolSize=1024;",
            "Server=10.0.0.5;Port=5432;Database=crm;Uid=a;Pwd={p w};",
        ),
        ("Host=db;Username=a;Password=p;Database=crm", "Server=db;Port=5432;Database=crm;Uid=a;Pwd={p};"),
        ("host=db ; USER NAME = a ;Pwd = p ; db = crm", "Server=db;Port=5432;Database=crm;Uid=a;Pwd={p};"),
        (
            "Server=db;Database=crm;User Id=a;Password=p;SSL Mode=VerifyFull;Maximum Pool Size=5;Trust Server Certificate=true",
            "Server=db;Port=5432;Database=crm;Uid=a;Pwd={p};SSLmode=verify-full;",
        ),
        (
            "Host=db;Database=crm;Username=a;SslMode=Require",
            "Server=db;Port=5432;Database=crm;Uid=a;SSLmode=require;",
        ),
        ("Host=db;Database=crm;Integrated Security=true", "Server=db;Port=5432;Database=crm;"),
        // Of repeated keywords the last counts, and one without a value says nothing.
        (
            "Host=x;Host=db;Database=crm;Username=a;Password=;Server=",
            "Server=db;Port=5432;Database=crm;Uid=a;",
        ),
        // Passwords.
        (
            r#"Host=db;Database=crm;Username=a;Password="p;w=1""#,
            "Server=db;Port=5432;Database=crm;Uid=a;Pwd={p;w=1};",
        ),
        (
            r#"Host=db;Database=crm;Username=a;Password='p"";w}'"#,
            "Server=db;Port=5432;Database=crm;Uid=a;Pwd={p\"\";w}}};",
        ),
        (
            r#"Host=db;Database=crm;Username=a;Password="p""w""#,
            "Server=db;Port=5432;Database=crm;Uid=a;Pwd={p\"w};",
        ),
        (
            "Host=db;Database=crm;Username=a;Password='it''s'",
            "Server=db;Port=5432;Database=crm;Uid=a;Pwd={it's};",
        ),
        (
            "Host=db;Database=crm;Username=a;Password=a=b{c}+%41",
            "Server=db;Port=5432;Database=crm;Uid=a;Pwd={a=b{c}}+%41};",
        ),
        (
            "Host=db;Database=crm;Username=a;Password={p}",
            "Server=db;Port=5432;Database=crm;Uid=a;Pwd={{p}}};",
        ),
    ] {
        assert_eq!(postgres(text), translated, "{text}");
    }
}

#[test]
fn strings_of_sql_client_are_translated() {
    for (text, microsoft, freetds) in [
        (
            "Data Source=db;Initial Catalog=crm;User ID=a;Password=p;Persist Security Info=True;MultipleActiveResultSets=True;\
             Pooling=true;Max Pool Size=100;Async=true;Connection Timeout=500;Encrypt=True;TrustServerCertificate=True",
            "Server=db;Database={crm};UID={a};PWD={p};Encrypt=yes;TrustServerCertificate=yes;",
            Some(
                "Server=db;Port=1433;Database=crm;TDS_Version=7.4;ClientCharset=UTF-8;UID=a;PWD=p;Encryption=require;",
            ),
        ),
        // FreeTDS would encrypt and verify no certificate.
        (
            "Server=db;Database=crm;User Id=a;Password=p;Encrypt=True;TrustServerCertificate=False",
            "Server=db;Database={crm};UID={a};PWD={p};Encrypt=yes;TrustServerCertificate=no;",
            None,
        ),
        (
            "Server=db;Database=crm;User Id=a;Password=p;Encrypt=Mandatory",
            "Server=db;Database={crm};UID={a};PWD={p};Encrypt=yes;",
            None,
        ),
        (
            r"Data Source=.\SQLEXPRESS; Initial Catalog=crm; Integrated Security=SSPI; MultipleActiveResultSets=True",
            r"Server=localhost\SQLEXPRESS;Database={crm};Trusted_Connection=Yes;",
            Some(
                r"Server=localhost\SQLEXPRESS;Database=crm;TDS_Version=7.4;ClientCharset=UTF-8;Trusted_Connection=Yes;",
            ),
        ),
        (
            "Server=tcp:db.example,1444;Database=crm;User Id=a;Password=p;Encrypt=False;Trusted_Connection=no",
            "Server=tcp:db.example,1444;Database={crm};UID={a};PWD={p};Encrypt=no;",
            Some(
                "Server=db.example;Port=1444;Database=crm;TDS_Version=7.4;ClientCharset=UTF-8;UID=a;PWD=p;Encryption=request;",
            ),
        ),
        (
            "Server=(local);Initial Catalog=a;Database=c}m;UID=u;PWD='{;}';Encrypt=strict;MultiSubnetFailover=True",
            "Server=localhost;Database={c}}m};UID={u};PWD={{;}}};Encrypt=strict;MultiSubnetFailover=Yes;",
            None,
        ),
        (
            r"Data Source=(localdb)\one;Initial Catalog=crm;Integrated Security=true;Application Intent=ReadWrite",
            r"Server=(localdb)\one;Database={crm};Trusted_Connection=Yes;",
            None,
        ),
        (
            "Data Source=db;Failover Partner=db2;Initial Catalog=crm;User ID=a;Password=p;Host Name In Certificate=x",
            "Server=db;Database={crm};UID={a};PWD={p};HostnameInCertificate={x};Failover_Partner={db2};",
            None,
        ),
    ] {
        let found = sql_server(text);
        assert_eq!(found.0, microsoft, "{text}");
        assert_eq!(found.1.as_deref(), freetds, "{text}");
    }
}

/// FreeTDS knows no doubled braces.
#[test]
fn freetds_gets_passwords_as_it_reads_them() {
    for (password, written) in [
        ("a}b", Some("a}b")),
        ("a=b", Some("a=b")),
        ("a;b", Some("{a;b}")),
        ("{a", Some("{{a}")),
        (" a", Some("{ a}")),
        ("{a}", None),
        ("a;}b", None),
    ] {
        let text = format!("Data Source=db;Initial Catalog=crm;User ID=u;Password=\"{password}\"");
        let (_, freetds) = sql_server(&text);
        let expected = written.map(|written| {
            format!(
                "Server=db;Port=1433;Database=crm;TDS_Version=7.4;ClientCharset=UTF-8;UID=u;PWD={written};"
            )
        });
        assert_eq!(freetds, expected, "{password}");
    }
}

#[test]
fn strings_of_odbc_are_taken_as_they_are() {
    for text in [
        "Driver=PostgreSQL Unicode;Server=db;Database=crm;Uid=a;Pwd=p",
        "Driver={PostgreSQL Unicode};Servername=db;Username=a;Pwd={;Data Source=SQL Server}",
        "DRIVER = {ODBC Driver 18 for SQL Server};Server=tcp:db,1433;Uid=a;Pwd=p",
        "DSN=crm;Uid=a;Pwd=p",
        "FILEDSN=/etc/crm.dsn;UID=a",
        "Driver=/nix/store/0123456789abcdfghijklmnpqrsvwxyz-psqlodbc-16.00.0000/lib/psqlodbcw.so;Server=db",
    ] {
        let found = candidates(text).unwrap();
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!((found[0].text.expose(), found[0].driver), (text, None));
    }
}

/// Where such a string is wrong, the driver's "name" goes on into the password.
#[test]
fn strings_of_odbc_without_an_end_of_the_drivers_name_are_refused() {
    let long = format!("Driver={} canary;Server=db", "x".repeat(60));
    for (text, words) in [
        ("Driver={PostgreSQL Unicode;Server=db;Uid=u;Pwd=canary", "brace does not end"),
        ("Driver={PostgreSQL Unicode};Server=db;Uid=u;Pwd={canary", "brace does not end"),
        ("Driver={PostgreSQL Unicode;Server=db;Uid=u;Pwd={canary}", "driver's name"),
        ("Driver=PostgreSQL Unicode,Server=db,Pwd=canary", "driver's name"),
        ("Driver=PostgreSQL Unicode, canary", "driver's name"),
        ("Driver=PostgreSQL Unicode\nServer=db\nPwd=canary", "driver's name"),
        ("Driver=PostgreSQL Unicode\r\ncanary", "driver's name"),
        (&long, "driver's name"),
    ] {
        let error = candidates(text).err().unwrap_or_else(|| panic!("accepted: {text}"));
        assert_eq!(error.argument.as_deref(), Some("settings_json.history.connection_string"), "{text}");
        assert!(error.message.contains(words), "{text}: {error}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

/// The quotes of .NET hide what looks like a driver; the braces of ODBC hide
/// what looks like quotes.
#[test]
fn a_driver_inside_of_a_password_makes_no_string_of_odbc() {
    for quote in ['"', '\''] {
        let password = format!("{quote}x;driver=canary{quote}");
        let text = format!("Host=db;Database=crm;Username=a;Password={password}");
        assert_eq!(postgres(&text), "Server=db;Port=5432;Database=crm;Uid=a;Pwd={x;driver=canary};");
        for text in [
            format!("Password={password}"),
            format!("Password={quote}x;driver=canary"),
            format!("Password={password};Driver=PostgreSQL Unicode;Server=db"),
        ] {
            let error = candidates(&text).err().unwrap_or_else(|| panic!("accepted: {text}"));
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }
    for text in [
        "Pwd={\"x};Driver=PostgreSQL Unicode",
        "Pwd={x;\"y};Driver=PostgreSQL Unicode",
        "Pwd=\"x\";Driver=PostgreSQL Unicode",
        "Driver=PostgreSQL Unicode;Pwd=\"x",
    ] {
        assert_eq!(candidates(text).unwrap()[0].text.expose(), text);
    }
}

#[test]
fn what_cannot_be_translated_is_named_and_no_value_of_it() {
    for (text, words) in [
        ("host=db dbname=crm user=a password=canary", "libpq"),
        ("postgresql://a:canary@db/crm", "libpq"),
        ("", "is empty"),
        ("  ", "is empty"),
        ("Server=db;Database=crm;User Id=a;Password=canary", "which database it is for"),
        ("canary", "without an equals sign"),
        ("Host=db;canary;Port=5432", "without an equals sign"),
        ("Host=db;Database=crm;Username=a;Password=canary;canary2", "behind the password"),
        ("Host=db;Database=crm;Username=a;Password=canary;canary2=5", "behind the password"),
        ("Host=db;Database=crm;Username=a;Password='canary", "quote does not end"),
        ("Host=db;Database=crm;Username=a;Password='can'ary", "between the end"),
        ("Host=db;Colour=canary;Database=crm;Username=a", "\"colour\""),
        ("Host=db;Database=crm;Username=a;Initial Catalog=canary", "\"initial catalog\""),
        ("Host=db;Database=crm;Username=a;Search Path=canary", "search path"),
        ("Host=db;Username=a;Password=canary", "no database"),
        ("Port=5432;Database=crm;Username=a;Password=canary", "no server"),
        ("Host=db;Database=crm;Password=canary", "no user"),
        ("Host=db;Port=canary;Database=crm;Username=a", "Port"),
        ("Host=db;Database=crm;Username=a;SSL Mode=canary", "SSL Mode"),
        ("Host=db;Database='can;ary';Username=a", "the database's name"),
        ("Data Source=db;Initial Catalog=crm;Integrated Security=canary", "Integrated Security"),
        ("Data Source=db;User ID=a;Password=canary", "no database"),
        ("Initial Catalog=crm;User ID=a;Password=canary", "no server"),
        ("Data Source=db;Initial Catalog=crm;Password=canary", "no user"),
        ("Data Source=db;Initial Catalog=crm;AttachDbFilename=canary;User ID=a", "attachdbfilename"),
        ("Data Source=db;Initial Catalog=crm;User ID=a;ApplicationIntent=ReadOnly", "read-only"),
        ("Data Source=db;Initial Catalog=crm;User ID=a;Encrypt=canary", "Encrypt"),
        ("Host=a,b;Target Session Attributes=primary;Database=crm;Username=a", "target session attributes"),
        ("Host=a,b;Load Balance Hosts=true;Database=crm;Username=a", "load balance hosts"),
    ] {
        let error = candidates(text).err().unwrap_or_else(|| panic!("accepted: {text}"));
        assert_eq!(error.argument.as_deref(), Some("settings_json.history.connection_string"), "{text}");
        assert!(error.message.contains(words), "{text}: {error}");
        assert!(!format!("{error:?}").to_lowercase().contains("canary"), "{error:?}");
    }
}

/// As .NET writes a value that may hold anything.
fn quoted(value: &str, quote: char) -> String {
    format!("{quote}{}{quote}", value.replace(quote, &format!("{quote}{quote}")))
}

proptest! {
    /// A password comes to the driver as it was written for .NET, whatever is
    /// in it, and the rest of the string is not touched by it.
    #[test]
    fn passwords_come_through(password in "[a-c;{}=\"' %+\\\\é\u{1F600}]{1,16}", double in any::<bool>()) {
        let quoted = quoted(&password, if double { '"' } else { '\'' });
        for text in [
            format!("Password={quoted};Host=db;Database=crm;Username=a"),
            format!("Data Source=db;Password={quoted} ;Initial Catalog=crm;User ID=a"),
        ] {
            for candidate in candidates(&text).unwrap() {
                let found = attributes(candidate.text.expose());
                let of = |key: &str| found.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, v)| v.as_str());
                prop_assert_eq!(of("Pwd"), Some(password.as_str()));
                prop_assert_eq!((of("Server"), of("Database"), of("Uid")), (Some("db"), Some("crm"), Some("a")));
            }
        }
    }

    #[test]
    fn no_text_is_a_panic(text in "[a-zA-Z;={}\"' ]{0,40}") {
        let _ = candidates(&text);
        let _ = candidates(&format!("Host={text};Password={text}"));
    }
}

/// A part that ends elsewhere than the host believes brings keys with it, or
/// hides some: the driver would be given something else than was meant.
#[test]
fn strings_of_odbc_whose_parts_end_elsewhere_are_refused() {
    let start = "Driver=PostgreSQL Unicode;Server=db";
    for (rest, words) in [
        ("\nPort=5432;Database=crm;Uid=a;Pwd=canary", "line break"),
        (";Database=crm\r\nUid=a;Pwd=canary", "line break"),
        (";Database=crm;Uid=a;Pwd={cana\nry}", "line break"),
        (";Database=crm;Uid=a;Pwd=canary\0;Sslmode=disable", "line break"),
        (",Port=5432,Database=crm,Uid=a,Pwd=canary", "comma"),
        (";Database=crm, Uid = a;Pwd=canary", "comma"),
        (";Database=crm;Uid=a,PWD=canary", "comma"),
        (";Database=crm;Uid=a;Pwd=canary;server=elsewhere", "twice"),
        (";Database=crm;Uid=a;Pwd={canary} ; Database =other", "twice"),
    ] {
        let text = format!("{start}{rest}");
        let error = candidates(&text).err().unwrap_or_else(|| panic!("{text}"));
        assert!(error.message.contains(words), "{text}: {error}");
        assert!(error.hint.is_some(), "{text}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
    for good in [
        "Driver={ODBC Driver 18 for SQL Server};Server=tcp:db.example,1433;Database=crm;UID=a;PWD=a,b",
        "Driver=PostgreSQL Unicode;Server=db;Database=crm;Uid=a;Pwd={a,Uid=b;Server=c};",
        "Driver=PostgreSQL Unicode;Server=db;Database=crm;Uid=a;Pwd=a,b=c,d==;ConnSettings={SET search_path TO a, b}",
        "DSN=crm;UID=a;PWD=b,c",
    ] {
        assert_eq!(texts(good), [good]);
    }
    // The end of a line in a file is none of the string.
    assert_eq!(texts("\n DSN=crm;UID=a;PWD=b\r\n"), ["DSN=crm;UID=a;PWD=b"]);
}
