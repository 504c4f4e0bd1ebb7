//! `wa-simulator`: a provider that is as unkind as the real ones, on loopback.
//!
//! `route` is the road of every request: arrival, scripted fault, provider, log, reaction. What a provider answers
//! stands in a room of its own (`twilio`, `meta`), behind `provider`; everything else serves any provider.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used))]

mod args;
mod chance;
mod clock;
mod control;
mod course;
mod exchange;
mod faults;
mod kindness;
mod log;
mod meta;
mod multipart;
mod payload;
mod provider;
mod route;
mod secrets;
mod server;
mod sim;
mod stats;
mod stream;
mod tls;
mod twilio;
mod webhook;

use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let options = match args::parse() {
        Ok(args::Wanted::Run(options)) => *options,
        Ok(args::Wanted::Text(text)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(wrong) => {
            eprintln!("wa-simulator: {wrong}\ntry wa-simulator --help");
            return ExitCode::from(2);
        }
    };
    match start(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            eprintln!("wa-simulator: {wrong}");
            ExitCode::FAILURE
        }
    }
}

fn start(options: args::Options) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| format!("cannot start the runtime: {e}"))?;
    let result = runtime.block_on(async move {
        let port = options.port;
        let port_file = options.port_file.clone();
        let tls = match (&options.tls_cert, &options.tls_key) {
            (Some(cert), Some(key)) => Some(tls::acceptor(cert, key)?),
            (None, None) => None,
            _ => return Err("--tls-cert and --tls-key go together".to_owned()),
        };
        let seed = options.seed;
        let sim = Arc::new(sim::Sim::new(options)?);
        eprintln!("wa-simulator: seed {seed}, {}", sim.kindness().describe());
        server::run(sim, port, port_file.as_deref(), tls).await
    });
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    result
}
