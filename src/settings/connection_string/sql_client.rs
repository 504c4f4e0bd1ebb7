//! Connection strings of SqlClient, .NET's library for SQL Server, for
//! Microsoft's ODBC drivers and FreeTDS.

use super::fault;
use super::parts::{Meaning, Parts, plain, yes_or_no};
use crate::ground::Secret;
use crate::ground::connection_string::{Candidate, braced};
use crate::message::Result;

const MICROSOFT_18: &str = "ODBC Driver 18 for SQL Server";
const MICROSOFT_17: &str = "ODBC Driver 17 for SQL Server";
const FREETDS: &str = "FreeTDS";

/// Keywords, as they are written, by which such a string is known.
pub const OWN_KEYS: [&str; 24] = [
    "data source",
    "initial catalog",
    "integrated security",
    "trusted_connection",
    "trustservercertificate",
    "trust server certificate",
    "multipleactiveresultsets",
    "multiple active result sets",
    "encrypt",
    "attachdbfilename",
    "applicationintent",
    "application intent",
    "multisubnetfailover",
    "failover partner",
    "async",
    "asynchronous processing",
    "address",
    "addr",
    "network address",
    "max pool size",
    "min pool size",
    "connect timeout",
    "connection timeout",
    "workstation id",
];

#[derive(Clone, Copy)]
enum Key {
    Server,
    Database,
    User,
    Password,
    Integrated,
    Encrypt,
    Trust,
    CertificateName,
    Intent,
    MultiSubnet,
    Partner,
}

fn meaning(key: &str) -> Option<Meaning<Key>> {
    Some(Meaning::Is(match key {
        "datasource" | "server" | "address" | "addr" | "networkaddress" => Key::Server,
        "initialcatalog" | "database" => Key::Database,
        "userid" | "uid" | "user" => Key::User,
        "password" | "pwd" => Key::Password,
        "integratedsecurity" | "trustedconnection" => Key::Integrated,
        "encrypt" => Key::Encrypt,
        "trustservercertificate" => Key::Trust,
        "hostnameincertificate" => Key::CertificateName,
        "applicationintent" => Key::Intent,
        "multisubnetfailover" => Key::MultiSubnet,
        "failoverpartner" => Key::Partner,
        "multipleactiveresultsets"
        | "pooling"
        | "maxpoolsize"
        | "minpoolsize"
        | "async"
        | "asynchronousprocessing"
        | "persistsecurityinfo"
        | "connectiontimeout"
        | "connecttimeout"
        | "timeout"
        | "commandtimeout"
        | "connectionlifetime"
        | "loadbalancetimeout"
        | "enlist"
        | "connectionreset"
        | "packetsize"
        | "typesystemversion"
        | "workstationid"
        | "wsid"
        | "applicationname"
        | "app"
        | "currentlanguage"
        | "language"
        | "replication"
        | "network"
        | "networklibrary"
        | "net"
        | "transactionbinding"
        | "poolblockingperiod"
        | "connectretrycount"
        | "connectretryinterval"
        | "ipaddresspreference"
        | "transparentnetworkipresolution" => return Some(Meaning::Idle),
        "attachdbfilename"
        | "extendedproperties"
        | "initialfilename"
        | "userinstance"
        | "contextconnection"
        | "columnencryptionsetting"
        | "authentication"
        | "enclaveattestationurl"
        | "attestationprotocol"
        | "serverspn"
        | "failoverpartnerspn"
        | "servercertificate" => return Some(Meaning::Refused),
        _ => return None,
    }))
}

/// What the string says, in the words of no driver.
#[derive(Default)]
struct Wanted<'a> {
    server: Option<String>,
    database: Option<&'a str>,
    user: Option<&'a str>,
    password: Option<&'a str>,
    integrated: bool,
    encrypt: Option<Encrypt>,
    trust: Option<bool>,
    certificate_name: Option<&'a str>,
    multi_subnet: bool,
    partner: Option<&'a str>,
}

#[derive(Clone, Copy, PartialEq)]
enum Encrypt {
    No,
    Yes,
    Strict,
}

/// The strings for the drivers that may be there, the preferred one first.
pub fn translate(parts: &Parts) -> Result<Vec<Candidate>> {
    let mut wanted = Wanted::default();
    for (key, value) in parts.meanings(meaning)? {
        match key {
            Key::Server => wanted.server = Some(server(value)?),
            Key::Database => wanted.database = Some(value),
            Key::User => wanted.user = Some(value),
            Key::Password => wanted.password = Some(value),
            Key::Integrated => wanted.integrated = yes_or_no("Integrated Security", value)?,
            Key::Encrypt => wanted.encrypt = Some(encrypt(value)?),
            Key::Trust => wanted.trust = Some(yes_or_no("TrustServerCertificate", value)?),
            Key::CertificateName => wanted.certificate_name = Some(value),
            Key::Intent if value.eq_ignore_ascii_case("readwrite") => {}
            Key::Intent => {
                return Err(fault(
                    "asks for a read-only replica (ApplicationIntent), which cannot keep a history",
                ));
            }
            Key::MultiSubnet => wanted.multi_subnet = yes_or_no("MultiSubnetFailover", value)?,
            Key::Partner => wanted.partner = Some(value),
        }
    }
    let server = wanted
        .server
        .clone()
        .ok_or_else(|| fault("names no server").hint("Add Data Source=.. or Server=.."))?;
    let Some(database) = wanted.database else {
        return Err(fault("names no database").hint("Add Initial Catalog=.. or Database=.."));
    };
    if !wanted.integrated && wanted.user.is_none() {
        return Err(
            fault("names no user").hint("Add User ID=.. and Password=.., or Integrated Security=SSPI")
        );
    }
    let mut candidates = vec![candidate(MICROSOFT_18, &of_microsoft(&wanted, &server, database))];
    // What is not there before version 18.
    if wanted.encrypt != Some(Encrypt::Strict) {
        candidates.push(candidate(MICROSOFT_17, &of_microsoft(&wanted, &server, database)));
        candidates.extend(of_freetds(&wanted, &server, database).map(|text| candidate(FREETDS, &text)));
    }
    Ok(candidates)
}

fn candidate(driver: &'static str, text: &str) -> Candidate {
    Candidate { driver: Some(driver), text: Secret::new(format!("Driver={};{text}", braced(driver))) }
}

fn of_microsoft(wanted: &Wanted<'_>, server: &str, database: &str) -> String {
    let mut text = format!("Server={server};Database={};", braced(database));
    text.push_str(&login(wanted, |value| Some(braced(value))).unwrap_or_default());
    let mut add = |key: &str, value: &str| text.push_str(&format!("{key}={value};"));
    match wanted.encrypt {
        Some(Encrypt::No) => add("Encrypt", "no"),
        Some(Encrypt::Yes) => add("Encrypt", "yes"),
        Some(Encrypt::Strict) => add("Encrypt", "strict"),
        None => {}
    }
    if let Some(trust) = wanted.trust {
        add("TrustServerCertificate", if trust { "yes" } else { "no" });
    }
    if let Some(name) = wanted.certificate_name {
        add("HostnameInCertificate", &braced(name));
    }
    if wanted.multi_subnet {
        add("MultiSubnetFailover", "Yes");
    }
    if let Some(partner) = wanted.partner {
        add("Failover_Partner", &braced(partner));
    }
    text
}

/// None for what FreeTDS cannot be told.
fn of_freetds(wanted: &Wanted<'_>, server: &str, database: &str) -> Option<String> {
    // It encrypts and verifies no certificate, unless a file of its own says so.
    if wanted.encrypt == Some(Encrypt::Yes) && wanted.trust != Some(true) {
        return None;
    }
    let address = server.strip_prefix("tcp:").unwrap_or(server);
    if address.contains([':', '(']) || wanted.partner.is_some() || wanted.certificate_name.is_some() {
        return None;
    }
    let (address, port) = match address.split_once(',') {
        Some((address, port)) => (address, Some(port.trim())),
        None => (address, None),
    };
    let mut text = format!("Server={address};");
    match port {
        Some(port) => text.push_str(&format!("Port={port};")),
        None if !address.contains('\\') => text.push_str("Port=1433;"),
        None => {}
    }
    text.push_str(&format!("Database={};TDS_Version=7.4;ClientCharset=UTF-8;", plain_or_braced(database)?));
    text.push_str(&login(wanted, plain_or_braced)?);
    if let Some(encrypt) = wanted.encrypt {
        text.push_str(if encrypt == Encrypt::No { "Encryption=request;" } else { "Encryption=require;" });
    }
    Some(text)
}

fn login(wanted: &Wanted<'_>, value: fn(&str) -> Option<String>) -> Option<String> {
    if wanted.integrated {
        return Some("Trusted_Connection=Yes;".to_owned());
    }
    let [user, password] = [wanted.user, wanted.password].map(Option::unwrap_or_default);
    Some(format!("UID={};PWD={};", value(user)?, value(password)?))
}

/// A value for FreeTDS, which knows no doubled brace (1.3.17, tried): in braces
/// it takes all up to the last one. None for what it cannot be told.
fn plain_or_braced(value: &str) -> Option<String> {
    if !value.contains(';') && !value.starts_with(['{', ' ']) && !value.ends_with(' ') {
        return Some(value.to_owned());
    }
    (!value.contains('}')).then(|| braced(value))
}

/// `tcp:host\instance,port`; this machine by its name.
fn server(value: &str) -> Result<String> {
    let value = plain("the server's name", value)?;
    let (protocol, address) = match value.split_once(':') {
        Some((protocol, address)) => (format!("{protocol}:"), address),
        None => (String::new(), value.as_str()),
    };
    let end = address.find(['\\', ',']).unwrap_or(address.len());
    let (host, rest) = address.split_at(end);
    let host = if [".", "(local)"].contains(&host.trim()) { "localhost" } else { host.trim() };
    Ok(format!("{protocol}{host}{rest}"))
}

fn encrypt(value: &str) -> Result<Encrypt> {
    match value.to_lowercase().as_str() {
        "strict" => Ok(Encrypt::Strict),
        "mandatory" => Ok(Encrypt::Yes),
        "optional" => Ok(Encrypt::No),
        other => Ok(if yes_or_no("Encrypt", other)? { Encrypt::Yes } else { Encrypt::No }),
    }
}
