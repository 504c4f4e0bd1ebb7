//! Listening, and one task for each connection, which keeps the power to cut it.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use crate::chance::locked;
use crate::exchange::How;
use crate::faults::{Fault, Moment, Seen};
use crate::payload::Payload;
use crate::route;
use crate::sim::Sim;
use crate::stream::{Stream, Tcp, cut};

/// What a request may ask of the connection it came on.
pub struct Line {
    pub number: u64,
    pub https: bool,
    pub busy: AtomicUsize,
    pub socket: Weak<TcpStream>,
    wanted: std::sync::Mutex<Option<How>>,
    bell: Notify,
}

impl Line {
    /// Asks for the connection to be cut; the connection's task does it.
    pub fn cut(&self, how: How) {
        *locked(&self.wanted) = Some(how);
        self.bell.notify_one();
    }

    async fn asked(&self) -> How {
        loop {
            self.bell.notified().await;
            if let Some(how) = locked(&self.wanted).take() {
                return how;
            }
        }
    }
}

pub async fn run(
    sim: Arc<Sim>,
    port: u16,
    port_file: Option<&Path>,
    tls: Option<TlsAcceptor>,
) -> Result<(), String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|e| format!("cannot listen on 127.0.0.1:{port}: {e}"))?;
    let port = listener.local_addr().map_err(|e| e.to_string())?.port();
    if let Some(path) = port_file {
        // renamed into place: a reader never sees half a number
        let half = path.with_extension("half");
        std::fs::write(&half, format!("{port}\n"))
            .and_then(|()| std::fs::rename(&half, path))
            .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    }
    println!("listening on {}://127.0.0.1:{port}", if tls.is_some() { "https" } else { "http" });
    let mut end = std::pin::pin!(ended());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut end => return Ok(()),
        };
        match accepted {
            Ok((tcp, _)) => {
                tokio::spawn(connection(Arc::clone(&sim), tcp, tls.clone()));
            }
            Err(e) => {
                eprintln!("wa-simulator: accept: {e}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn ended() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut term) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = term.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

async fn connection(sim: Arc<Sim>, tcp: TcpStream, tls: Option<TlsAcceptor>) {
    let number = sim.stats.connections.fetch_add(1, Ordering::Relaxed) + 1;
    let _ = tcp.set_nodelay(true);
    let seen = Seen { method: "", target: "", whole: None };
    match sim.faults.strike(Moment::Connect, &seen, &sim.chance) {
        None => {}
        Some(fault) => {
            route::log_connection(&sim, number, &fault);
            match fault {
                Fault::Hang { ms: Some(ms), .. } => tokio::time::sleep(Duration::from_millis(ms)).await,
                Fault::Hang { ms: None, .. } => std::future::pending().await,
                Fault::CutBefore { how, .. } => cut(Tcp(Arc::new(tcp)), how).await,
                _ => {}
            }
            return;
        }
    }
    let https = tls.is_some();
    let tcp = Arc::new(tcp);
    let socket = Arc::downgrade(&tcp);
    let tcp = Tcp(tcp);
    let stream = match tls {
        None => Stream::Plain(tcp),
        Some(tls) => match tls.accept(tcp).await {
            Ok(stream) => Stream::Tls(Box::new(stream)),
            Err(e) => {
                eprintln!("wa-simulator: TLS: {e}");
                return;
            }
        },
    };
    let line = Arc::new(Line {
        number,
        https,
        busy: AtomicUsize::new(0),
        socket,
        wanted: std::sync::Mutex::new(None),
        bell: Notify::new(),
    });
    let service = {
        let (sim, line) = (Arc::clone(&sim), Arc::clone(&line));
        service_fn(move |request: Request<Incoming>| {
            let (sim, line) = (Arc::clone(&sim), Arc::clone(&line));
            async move { Ok::<Response<Payload>, Infallible>(route::exchange(sim, line, request).await) }
        })
    };
    let mut http = http1::Builder::new()
        .title_case_headers(true)
        // a client that has written its request and is gone has sent it all the same
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let asked = tokio::select! {
        _ = poll_fn(|cx| std::pin::Pin::new(&mut http).poll(cx)) => None,
        how = line.asked() => Some(how),
    };
    if let Some(how) = asked {
        http.into_parts().io.into_inner().cut(how).await;
    }
}
