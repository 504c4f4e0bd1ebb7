use super::*;
use crate::ground::Secret;
use crate::provider::test_server::{Server, answer, request, tls_server};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

fn settings() -> settings::Http {
    settings::Http { timeout: Duration::from_secs(2), max_in_flight: 64, proxy: None, ca_pem: None }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn post(http: &Http, url: Url) -> Result<Reply, Fault> {
    let login = http.basic_authorization("user", "canary").unwrap();
    assert!(login.is_sensitive() && !format!("{login:?}").contains("Y2FuYXJ5"));
    post_before(http, url, Duration::MAX)
}

fn post_before(http: &Http, url: Url, leaves_before: Duration) -> Result<Reply, Fault> {
    let login = http.basic_authorization("user", "canary").unwrap();
    runtime().block_on(http.post_message(url, login, Text::Form("Body=x".to_owned()), leaves_before))
}

async fn form(http: &Http, url: Url, login: &HeaderValue, text: String) -> Result<Reply, Fault> {
    http.post_message(url, login.clone(), Text::Form(text), Duration::MAX).await
}

fn no_canary(why: &str) {
    assert!(!why.contains("canary") && !why.contains("secret=") && why.len() < 1500, "{why}");
}

#[test]
fn a_request_is_what_the_providers_expect() {
    let server = Server::start(|mut stream, _, requests| {
        while let Some(text) = request(&mut stream) {
            requests.lock().unwrap().push(text);
            answer(&mut stream, "HTTP/1.1 201 Created\r\ncontent-length: 2\r\nx-a: b\r\n\r\n{}");
        }
    });
    let http = Http::new(&settings(), false).unwrap();
    let reply = post(&http, server.url("http")).unwrap();
    assert_eq!((reply.status, reply.body.as_slice(), reply.cut), (201, &b"{}"[..], None));
    assert_eq!(reply.headers.get("x-a").unwrap(), "b");
    let text = server.requests().remove(0).to_ascii_lowercase();
    for part in [
        "post /x?secret=canary http/1.1\r\n",
        "content-type: application/x-www-form-urlencoded; charset=utf-8\r\n",
        "authorization: basic dxnlcjpjyw5hcnk=\r\n",
        concat!("user-agent: wa-connector/", env!("CARGO_PKG_VERSION"), "\r\n"),
        "\r\n\r\nbody=x",
    ] {
        assert!(text.contains(part), "{part} {text}");
    }
    assert!(!text.contains("referer") && !text.contains("cookie"), "{text}");
}

#[test]
fn what_is_too_late_when_it_could_leave_stays() {
    let server = Server::start(|mut stream, _, requests| {
        while let Some(text) = request(&mut stream) {
            requests.lock().unwrap().push(text);
            answer(&mut stream, "HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}");
        }
    });
    let http = Http::new(&settings(), false).unwrap();
    for before in [Duration::ZERO, crate::message::clock::uptime()] {
        assert_eq!(post_before(&http, server.url("http"), before).unwrap_err(), Fault::HeldBack);
    }
    let later = crate::message::clock::uptime() + Duration::from_secs(60);
    assert_eq!(post_before(&http, server.url("http"), later).unwrap().status, 201);
    assert_eq!(server.requests().len(), 1, "one whole request and no other");
}

#[test]
fn without_a_connection_nothing_was_written() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let plain = Server::start(|mut stream, _, _| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    });
    let hangs = Server::start(|_stream, _, _| std::thread::sleep(Duration::from_secs(5)));
    for (what, url, https) in [
        ("closed port", format!("http://127.0.0.1:{closed}/?secret=canary"), false),
        ("no such name", "http://no-such-host.invalid/?secret=canary".to_owned(), false),
        ("no TLS at all", format!("https://localhost:{}/?secret=canary", plain.port), true),
        ("TLS that hangs", format!("https://localhost:{}/?secret=canary", hangs.port), true),
        ("http where https is promised", "http://127.0.0.1/?secret=canary".to_owned(), true),
    ] {
        let http = Http::new(&settings(), https).unwrap();
        let Err(Fault::NotWritten { why, certificate }) = post(&http, Url::parse(&url).unwrap()) else {
            panic!("{what}: something was written")
        };
        assert!(!certificate, "{what}: {why}");
        no_canary(&why);
    }
}

#[test]
fn after_a_connection_it_cannot_be_known() {
    for (what, server) in [
        (
            "closed after reading",
            Server::start(|mut stream, _, requests| {
                requests.lock().unwrap().extend(request(&mut stream));
            }),
        ),
        // Closing with unread data resets the connection.
        (
            "reset while reading",
            Server::start(|mut stream, _, requests| {
                requests.lock().unwrap().push(String::new());
                let _ = stream.read(&mut [0]);
            }),
        ),
        (
            "no answer",
            Server::start(|mut stream, _, requests| {
                requests.lock().unwrap().extend(request(&mut stream));
                std::thread::sleep(Duration::from_secs(5));
            }),
        ),
        (
            "half a head",
            Server::start(|mut stream, _, requests| {
                requests.lock().unwrap().extend(request(&mut stream));
                answer(&mut stream, "HTTP/1.1 201 Cre");
            }),
        ),
        (
            "no HTTP",
            Server::start(|mut stream, _, requests| {
                requests.lock().unwrap().extend(request(&mut stream));
                answer(&mut stream, "SSH-2.0-canary\r\n\r\n");
            }),
        ),
    ] {
        let http = Http::new(&settings(), false).unwrap();
        let began = Instant::now();
        let Err(Fault::Ambiguous(why)) = post(&http, server.url("http")) else { panic!("{what}") };
        no_canary(&why);
        assert!(began.elapsed() < Duration::from_secs(4), "{what}");
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(server.requests().len(), 1, "{what}: sent once");
    }
}

#[test]
fn a_cut_body_keeps_what_came() {
    for (head, body, cut) in [
        ("content-length: 10", "{\"sid\"", true),
        ("transfer-encoding: chunked", "3\r\n{\"s\r\n", true),
        ("transfer-encoding: chunked", "2\r\n{}\r\n0\r\n\r\n", false),
        ("connection: close", "{}", false),
    ] {
        let server = Server::start(move |mut stream, _, _| {
            request(&mut stream);
            answer(&mut stream, &format!("HTTP/1.1 201 Created\r\n{head}\r\n\r\n{body}"));
        });
        let http = Http::new(&settings(), false).unwrap();
        let reply = post(&http, server.url("http")).unwrap();
        assert_eq!((reply.status, reply.cut.is_some()), (201, cut), "{head}");
        assert!(reply.body.starts_with(b"{"));
        reply.cut.iter().for_each(|why| no_canary(why));
    }
}

#[test]
fn a_body_is_bounded_in_length_and_time() {
    let endless = Server::start(|mut stream, _, _| {
        request(&mut stream);
        answer(&mut stream, "HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'a'; 65536]).is_ok() {}
    });
    let slow = Server::start(|mut stream, _, _| {
        request(&mut stream);
        answer(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
        while stream.write_all(b"a").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let http = Http::new(&settings(), false).unwrap();
    let reply = post(&http, endless.url("http")).unwrap();
    assert!(reply.body.len() == MOST_BODY && reply.cut.is_some());
    let began = Instant::now();
    let reply = post(&http, slow.url("http")).unwrap();
    assert!(reply.cut.is_some() && began.elapsed() < Duration::from_secs(4));
}

#[test]
fn redirects_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Server::start(|mut stream, _, requests| {
            requests.lock().unwrap().extend(request(&mut stream));
        });
        let port = elsewhere.port;
        let server = Server::start(move |mut stream, _, _| {
            request(&mut stream);
            let location = format!("http://127.0.0.1:{port}/");
            answer(
                &mut stream,
                &format!("HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"),
            );
        });
        let http = Http::new(&settings(), false).unwrap();
        assert_eq!(post(&http, server.url("http")).unwrap().status, status);
        assert!(elsewhere.requests().is_empty());
    }
}

#[test]
fn an_idle_connection_that_the_server_closed_is_not_used() {
    let server = Server::start(|mut stream, _, requests| {
        requests.lock().unwrap().extend(request(&mut stream));
        answer(&mut stream, "HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}");
    });
    let http = Http::new(&settings(), false).unwrap();
    let login = http.basic_authorization("user", "x").unwrap();
    let url = server.url("http");
    runtime().block_on(async {
        for round in 1..=10 {
            let reply = form(&http, url.clone(), &login, format!("Body={round}")).await;
            assert_eq!(reply.map(|reply| reply.status), Ok(201), "{round}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    });
    assert_eq!(server.requests().len(), 10, "each is sent once");
    assert_eq!(server.connections(), 10);
}

#[test]
fn a_connection_is_used_again() {
    let server = Server::start(|mut stream, _, _| {
        while request(&mut stream).is_some() {
            answer(&mut stream, "HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}");
        }
    });
    let http = Http::new(&settings(), false).unwrap();
    let login = http.basic_authorization("user", "x").unwrap();
    runtime().block_on(async {
        for _ in 0..10 {
            form(&http, server.url("http"), &login, String::new()).await.unwrap();
        }
    });
    // A connection is back in the pool a moment after its answer was read, so
    // the next request may need a second one; never does each need its own.
    assert!(server.connections() < 10, "{} connections for 10 requests", server.connections());
}

#[test]
fn certificates_are_verified() {
    let (trusted, authority) = tls_server(&["localhost"]);
    let (other_name, other_authority) = tls_server(&["example.com"]);
    for (what, server, ca, fits) in [
        ("self-signed", &trusted, None, false),
        ("given as authority", &trusted, Some(&authority), true),
        ("another authority", &trusted, Some(&other_authority), false),
        ("another name", &other_name, Some(&other_authority), false),
    ] {
        let settings = settings::Http { ca_pem: ca.map(|pem| pem.clone().into_bytes()), ..settings() };
        let http = Http::new(&settings, true).unwrap();
        match post(&http, server.url("https")) {
            Ok(reply) => assert!(fits && reply.status == 201, "{what}"),
            Err(Fault::NotWritten { why, certificate }) => {
                assert!(!fits && certificate, "{what}: {why}");
                assert!(why.contains("certificate"), "{what}: {why}");
                no_canary(&why);
            }
            Err(fault) => panic!("{what}: {fault:?}"),
        }
    }
}

#[test]
fn a_proxy_is_a_tunnel_for_https_and_not_used_for_http() {
    let (target, authority) = tls_server(&["localhost"]);
    let port = target.port;
    let proxy = Server::start(move |mut stream, _, requests| {
        let Some(text) = request(&mut stream) else { return };
        requests.lock().unwrap().push(text);
        answer(&mut stream, "HTTP/1.1 200 OK\r\n\r\n");
        let mut target = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let (mut from, mut to) = (stream.try_clone().unwrap(), target.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
        let _ = std::io::copy(&mut target, &mut stream);
    });
    let with_proxy = |port: u16| settings::Http {
        proxy: Some(Secret::new(format!("http://user:canary@127.0.0.1:{port}"))),
        ca_pem: Some(authority.clone().into_bytes()),
        ..settings()
    };
    let http = Http::new(&with_proxy(proxy.port), true).unwrap();
    assert_eq!(post(&http, target.url("https")).unwrap().status, 201);
    let seen = proxy.requests().remove(0);
    assert!(
        seen.starts_with("CONNECT localhost:")
            && seen.to_ascii_lowercase().contains("proxy-authorization: basic"),
        "{seen}"
    );
    assert!(!seen.contains("dXNlcjpjYW5hcnk=\r\nauthorization") && !seen.contains("secret="), "{seen}");

    let plain = Server::start(|mut stream, _, _| {
        request(&mut stream);
        answer(&mut stream, "HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}");
    });
    let http = Http::new(&with_proxy(proxy.port), false).unwrap();
    assert_eq!(post(&http, plain.url("http")).unwrap().status, 201);
    assert_eq!(proxy.requests().len(), 1, "plain http does not go to the proxy");

    for head in ["407 Proxy Authentication Required", "502 Bad Gateway"] {
        let refuses = Server::start(move |mut stream, _, _| {
            request(&mut stream);
            answer(&mut stream, &format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\n\r\n"));
        });
        let http = Http::new(&with_proxy(refuses.port), true).unwrap();
        let Err(Fault::NotWritten { why, certificate: false }) = post(&http, target.url("https")) else {
            panic!("{head}")
        };
        no_canary(&why);
    }
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    let proxy = |text: &str| settings::Http { proxy: Some(Secret::new(text.to_owned())), ..settings() };
    let ca = |text: &str| settings::Http { ca_pem: Some(text.as_bytes().to_vec()), ..settings() };
    for (settings, path) in [
        (proxy("socks5://canary@127.0.0.1:1"), "settings_json.http.proxy"),
        (proxy("canary canary"), "settings_json.http.proxy"),
        (proxy("http://"), "settings_json.http.proxy"),
        (ca(""), "settings_json.http.ca_file"),
        (ca("canary"), "settings_json.http.ca_file"),
        (ca("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "settings_json.http.ca_file"),
        (ca("-----BEGIN CERTIFICATE-----\n"), "settings_json.http.ca_file"),
    ] {
        for https in [true, false] {
            let error = Http::new(&settings, https).unwrap_err();
            assert_eq!((error.argument.as_deref(), error.status), (Some(path), Status::Settings), "{error}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }
    assert!(Http::new(&proxy("proxy.example:3128"), true).is_ok());
}

#[test]
fn connections_that_close_at_any_moment_double_nothing() {
    let server = Server::start(|mut stream, number, requests| {
        for round in 0.. {
            let Some(text) = request(&mut stream) else { return };
            requests.lock().unwrap().push(text.rsplit("\r\n").next().unwrap_or_default().to_owned());
            answer(&mut stream, "HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}");
            if (number * 7 + round) % 3 == 0 {
                // At once, or while the next request is on its way.
                std::thread::sleep(Duration::from_micros((number % 5) as u64 * 100));
                return;
            }
        }
    });
    let http = Http::new(&settings(), false).unwrap();
    let login = http.basic_authorization("user", "x").unwrap();
    let (mut answered, mut unknown) = (0, 0);
    runtime().block_on(async {
        for n in 0..1000 {
            match form(&http, server.url("http"), &login, format!("n{n}")).await {
                Ok(reply) => answered += i32::from(reply.status == 201),
                Err(Fault::Ambiguous(_)) => unknown += 1,
                Err(fault) => panic!("the server was there: {fault:?}"),
            }
        }
    });
    let mut received = server.requests();
    let all = received.len();
    received.sort();
    received.dedup();
    println!("{answered} answered, {unknown} unknown");
    assert_eq!(received.len(), all, "none is sent twice");
    assert_eq!(answered + unknown, 1000);
    assert!(i32::try_from(all).unwrap() >= answered);
}

/// Run by the next test in a process whose environment has no authorities,
/// and a proxy that does not exist.
#[test]
#[ignore = "needs an environment of its own"]
fn alone_without_authorities() {
    let error = Http::new(&settings(), true).unwrap_err();
    assert_eq!(error.status, Status::Tls, "{error}");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("ca-certificates")), "{error:?}");
    let server = Server::start(|mut stream, _, _| {
        request(&mut stream);
        answer(&mut stream, "HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}");
    });
    let http = Http::new(&settings(), false).unwrap();
    let reply = post(&http, server.url("http"));
    assert_eq!(reply.map(|reply| reply.status), Ok(201), "the environment's proxy is not used");
}

#[test]
fn a_machine_without_authorities_is_told_so_and_its_proxy_is_not_used() {
    let name = "provider::http::tests::alone_without_authorities";
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--ignored"])
        .env("SSL_CERT_FILE", "/dev/null")
        .env("SSL_CERT_DIR", "/does/not/exist")
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("ALL_PROXY", "http://127.0.0.1:1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
