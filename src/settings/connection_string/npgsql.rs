//! Connection strings of Npgsql, .NET's library for PostgreSQL, for psqlODBC.

use super::fault;
use super::parts::{Meaning, Parts, plain, yes_or_no};
use crate::ground::Secret;
use crate::ground::connection_string::{Candidate, braced};
use crate::message::Result;

/// What its driver is called: on Debian and with 32 bits on Windows, with 64
/// bits there, and on Fedora.
const DRIVERS: [&str; 3] = ["PostgreSQL Unicode", "PostgreSQL Unicode(x64)", "PostgreSQL"];

/// Keywords, as they are written, by which such a string is known.
pub const OWN_KEYS: [&str; 14] = [
    "host",
    "port",
    "username",
    "db",
    "psw",
    "sslmode",
    "ssl mode",
    "searchpath",
    "search path",
    "commandtimeout",
    "maxpoolsize",
    "minpoolsize",
    "maximum pool size",
    "minimum pool size",
];

const ONE_HOST: &str = "Leave it out and name one host, the primary: the driver chooses among none.";

#[derive(Clone, Copy)]
enum Key {
    Server,
    Port,
    Database,
    User,
    Password,
    Integrated,
    Tls,
}

fn meaning(key: &str) -> Option<Meaning<Key>> {
    Some(Meaning::Is(match key {
        "host" | "server" => Key::Server,
        "port" => Key::Port,
        "database" | "db" => Key::Database,
        "username" | "userid" | "user" | "uid" => Key::User,
        "password" | "psw" | "pwd" => Key::Password,
        "integratedsecurity" => Key::Integrated,
        "sslmode" => Key::Tls,
        "timeout"
        | "commandtimeout"
        | "internalcommandtimeout"
        | "cancellationtimeout"
        | "pooling"
        | "maxpoolsize"
        | "maximumpoolsize"
        | "minpoolsize"
        | "minimumpoolsize"
        | "connectionlifetime"
        | "connectionidlelifetime"
        | "connectionpruninginterval"
        | "enlist"
        | "keepalive"
        | "tcpkeepalive"
        | "tcpkeepalivetime"
        | "tcpkeepaliveinterval"
        | "applicationname"
        | "encoding"
        | "clientencoding"
        | "persistsecurityinfo"
        | "includeerrordetail"
        | "includerealm"
        | "logparameters"
        | "noresetonclose"
        | "maxautoprepare"
        | "autoprepareminusages"
        | "readbuffersize"
        | "writebuffersize"
        | "socketreceivebuffersize"
        | "socketsendbuffersize"
        | "multiplexing"
        | "trustservercertificate"
        | "servercompatibilitymode"
        | "timezone"
        | "loadtablecomposites"
        | "usessl"
        | "protocol"
        | "preloadreader"
        | "hostrecheckseconds"
        | "syncnotification"
        | "convertinfinitydatetime"
        | "useperfcounters"
        | "arraynullabilitymode" => return Some(Meaning::Idle),
        "targetsessionattributes" | "loadbalancehosts" => return Some(Meaning::Instead(ONE_HOST)),
        "searchpath"
        | "options"
        | "passfile"
        | "rootcertificate"
        | "sslcertificate"
        | "sslkey"
        | "sslpassword"
        | "kerberosservicename"
        | "channelbinding"
        | "checkcertificaterevocation" => return Some(Meaning::Refused),
        _ => return None,
    }))
}

/// The strings for psqlODBC, under each of its names.
pub fn translate(parts: &Parts) -> Result<Vec<Candidate>> {
    let (mut server, mut port, mut database, mut user) = (None, None, None, None);
    let (mut password, mut integrated, mut tls) = (None, false, None);
    for (key, value) in parts.meanings(meaning)? {
        match key {
            Key::Server => server = Some(plain("the server's name", value)?),
            Key::Port => {
                port = Some(value.parse::<u16>().map_err(|_| fault("has a Port that is no port number"))?);
            }
            Key::Database => database = Some(plain("the database's name", value)?),
            Key::User => user = Some(plain("the user's name", value)?),
            Key::Password => password = Some(value),
            Key::Integrated => integrated = yes_or_no("Integrated Security", value)?,
            Key::Tls => tls = Some(tls_mode(value)?),
        }
    }
    let server = server.ok_or_else(|| fault("names no server").hint("Add Host=.. or Server=.."))?;
    let database = database.ok_or_else(|| fault("names no database").hint("Add Database=.."))?;
    let mut text = format!("Server={server};Port={};Database={database};", port.unwrap_or(5432));
    if let Some(user) = user {
        text.push_str(&format!("Uid={user};"));
    } else if !integrated {
        return Err(fault("names no user").hint("Add Username=.. and Password=.."));
    }
    if let Some(password) = password {
        // Always in braces: without them the driver takes + and % for something else.
        text.push_str(&format!("Pwd={};", braced(password)));
    }
    if let Some(tls) = tls {
        text.push_str(&format!("SSLmode={tls};"));
    }
    let candidate = |driver: &'static str| Candidate {
        driver: Some(driver),
        text: Secret::new(format!("Driver={};{text}", braced(driver))),
    };
    Ok(DRIVERS.into_iter().map(candidate).collect())
}

fn tls_mode(value: &str) -> Result<&'static str> {
    let squeezed: String = value.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect();
    ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
        .into_iter()
        .find(|mode| mode.replace('-', "") == squeezed)
        .ok_or_else(|| {
            fault("has an SSL Mode that is not known")
                .hint("It is one of Disable, Allow, Prefer, Require, VerifyCA and VerifyFull.")
        })
}
