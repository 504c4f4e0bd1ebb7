//! A server of which a test says what it does with each connection.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use url::Url;

/// A server for one test: what it does with a connection is the test's.
pub struct Server {
    /// Where it listens, on this machine.
    pub port: u16,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `serve` gets the connection, its number from 1, and where requests go.
    pub fn start(serve: impl Fn(TcpStream, usize, &Mutex<Vec<String>>) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server {
            port: listener.local_addr().unwrap().port(),
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let (connections, requests, serve) =
            (server.connections.clone(), server.requests.clone(), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let number = connections.fetch_add(1, Ordering::SeqCst) + 1;
                let (serve, requests) = (serve.clone(), requests.clone());
                std::thread::spawn(move || serve(stream, number, &requests));
            }
        });
        server
    }

    /// An address here, with a secret in it.
    pub fn url(&self, scheme: &str) -> Url {
        Url::parse(&format!("{scheme}://localhost:{}/x?secret=canary", self.port)).unwrap()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Reads one whole request; `None` at the end of the connection.
pub fn request(stream: &mut impl Read) -> Option<String> {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        text.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&text).into_owned();
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length:").map(str::trim).map(str::to_owned)
        })
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8_lossy(&body))
}

/// Writes text, to whom it may concern.
pub fn answer(stream: &mut impl Write, text: &str) {
    let _ = stream.write_all(text.as_bytes());
    let _ = stream.flush();
}

/// A TLS server with a certificate of its own, and the certificate.
pub fn tls_server(names: &[&str]) -> (Server, String) {
    tls_server_that(names, |_| "HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}".to_owned())
}

/// The same, with what it answers to a request.
pub fn tls_server_that(
    names: &[&str],
    reply: impl Fn(&str) -> String + Send + Sync + 'static,
) -> (Server, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made =
        rcgen::generate_simple_self_signed(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
            .unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let server = Server::start(move |stream, _, requests| {
        let session = rustls::ServerConnection::new(config.clone()).unwrap();
        let mut stream = rustls::StreamOwned::new(session, stream);
        let Some(text) = request(&mut stream) else { return };
        requests.lock().unwrap().push(text.clone());
        answer(&mut stream, &reply(&text));
        stream.conn.send_close_notify();
        let _ = stream.flush();
    });
    (server, made.cert.pem())
}
