//! Which addresses may be connected to, where the name was given by an answer
//! and not by the settings: public ones only. It is asked by the connector
//! itself, so what was looked at is what is connected to.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// What an error says when a name leads to no public address.
pub const LEADS_INSIDE: &str = "the address leads to this machine or its network";

/// The longest wait for a name where the answer may be missing.
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// Looks names up, and drops what is not public.
#[derive(Debug)]
pub struct Guard {
    /// Hosts of the settings: they may be anywhere.
    trusted: Vec<String>,
}

impl Guard {
    pub(super) fn new(trusted: Vec<String>) -> Guard {
        Guard { trusted }
    }

    fn trusts(&self, name: &str) -> bool {
        self.trusted.iter().any(|host| host.eq_ignore_ascii_case(name))
    }

    /// Whether this machine finds no public address for the name, but others.
    pub(super) async fn leads_inside(&self, name: &str) -> bool {
        let found = match tokio::time::timeout(LONGEST_LOOK, tokio::net::lookup_host((name, 0))).await {
            Ok(Ok(found)) => found.map(|address| address.ip()).collect(),
            _ => Vec::new(),
        };
        !self.trusts(name) && !found.is_empty() && !found.into_iter().any(is_public)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        let trusted = self.trusts(&name);
        Box::pin(async move {
            #[cfg(test)]
            if let Some(here) = pretended(&name) {
                return Ok(Box::new(std::iter::once(here)) as Addrs);
            }
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let fit: Vec<SocketAddr> =
                found.into_iter().filter(|address| trusted || is_public(address.ip())).collect();
            if fit.is_empty() {
                return Err(LEADS_INSIDE.into());
            }
            Ok(Box::new(fit.into_iter()) as Addrs)
        })
    }
}

/// Tests have public hosts too: names that end so are this machine.
#[cfg(test)]
fn pretended(name: &str) -> Option<SocketAddr> {
    name.ends_with(".public.test").then(|| SocketAddr::from(([127, 0, 0, 1], 0)))
}

/// Whether an address is one of the internet, and not of this machine, its
/// network, or set aside.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let set_aside = matches!(
        (a, b, c),
        (0 | 240..=255, ..)          // this network; reserved
            | (100, 64..=127, _)     // shared by the customers of a provider
            | (192, 0, 0)            // protocols
            | (198, 18 | 19, _) // benchmarks
    );
    !(set_aside
        || ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation())
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b, c, d, e, f) {
        // Forms that carry an IPv4 address: mapped, translated, 6to4.
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => v4(g, h),
        (0x2002, ..) => v4(b, c),
        // Only 2000::/3 is given out; Teredo and documentation are not.
        (0x2001, 0 | 0xdb8, ..) => false,
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_here_is_seen_before_a_proxy_is_asked() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            assert!(Guard::new(Vec::new()).leads_inside("localhost").await);
            assert!(!Guard::new(vec!["LOCALHOST".to_owned()]).leads_inside("localhost").await);
            assert!(!Guard::new(Vec::new()).leads_inside("no-such-host.invalid").await);
        });
    }

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for (ip, public) in [
            ("157.240.1.1", true),
            ("8.8.8.8", true),
            ("127.0.0.1", false),
            ("127.9.9.9", false),
            ("10.0.0.1", false),
            ("172.16.0.1", false),
            ("172.32.0.1", true),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("100.128.0.1", true),
            ("0.0.0.0", false),
            ("0.1.2.3", false),
            ("192.0.0.1", false),
            ("198.18.0.1", false),
            ("224.0.0.1", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("203.0.113.1", false),
            ("::1", false),
            ("::", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("::127.0.0.1", false),
            ("64:ff9b::10.0.0.1", false),
            ("64:ff9b::8.8.8.8", true),
            ("64:ff9b:1::8.8.8.8", false),
            ("2002:7f00:1::", false),
            ("2002:808:808::", true),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2a03:2880:f10c::1", true),
            ("fc00::1", false),
            ("fd12::1", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(ip.parse().unwrap()), public, "{ip}");
        }
    }
}
