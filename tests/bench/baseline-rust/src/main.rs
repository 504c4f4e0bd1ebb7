//! What a programmer writes who wants speed and no safety: a row is inserted,
//! the message is sent, the row is updated, each by itself and autocommitted.
//!
//! Arguments: base address, connection string of PostgreSQL, sends in flight,
//! connections, warm-up, messages. Speaks the benchmark's protocol: prints
//! `ready`, waits for a line, sends, prints its figures, waits for a line.

use serde::Deserialize;
use std::error::Error;
use std::io::{BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

#[derive(Deserialize)]
struct Created {
    sid: String,
}

struct Connection {
    client: Client,
    insert: Statement,
    update: Statement,
}

struct Shared {
    url: String,
    http: reqwest::Client,
    connections: Vec<Connection>,
    next: AtomicUsize,
}

impl Shared {
    async fn send(&self, number: usize) -> Result<()> {
        // The connections are shared: what several tasks ask is pipelined.
        let connection = &self.connections[number % self.connections.len()];
        let id = Uuid::new_v4();
        let to = format!("whatsapp:+1202{}", 2_000_000 + number % 1_000_000);
        let from = "whatsapp:+14155238886";
        let body = format!("Hello! Your order {number} has left our house today and will be with you tomorrow.");
        connection.client.execute(&connection.insert, &[&id, &to, &from, &body]).await?;
        let callback = format!("https://example.com/status?wa={id}.1#rc=5&rp=all");
        let form = [("To", to.as_str()), ("From", from), ("Body", &body), ("StatusCallback", &callback)];
        let answer = self.http.post(&self.url).basic_auth(ACCOUNT, Some(TOKEN)).form(&form).send().await?;
        let created: Created = answer.error_for_status()?.json().await?;
        connection.client.execute(&connection.update, &[&id, &created.sid]).await?;
        Ok(())
    }
}

async fn run(shared: &Arc<Shared>, in_flight: usize, messages: usize) -> Result<Vec<Duration>> {
    shared.next.store(0, Ordering::Relaxed);
    let mut tasks = Vec::new();
    for _ in 0..in_flight {
        let shared = Arc::clone(shared);
        tasks.push(tokio::spawn(async move {
            let mut took = Vec::new();
            loop {
                let number = shared.next.fetch_add(1, Ordering::Relaxed);
                if number >= messages {
                    return Ok::<_, Box<dyn Error + Send + Sync>>(took);
                }
                let began = Instant::now();
                shared.send(number).await?;
                took.push(began.elapsed());
            }
        }));
    }
    let mut took = Vec::with_capacity(messages);
    for task in tasks {
        took.extend(task.await??);
    }
    Ok(took)
}

fn wait_for_a_line() {
    let _ = std::io::stdin().lock().read_line(&mut String::new());
}

fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [base, database, numbers @ ..] = arguments.as_slice() else { return Err("arguments".into()) };
    let numbers = numbers.iter().map(|text| text.parse()).collect::<std::result::Result<Vec<usize>, _>>()?;
    let [in_flight, many, warm_up, messages] = numbers[..] else { return Err("arguments".into()) };
    let mut connections = Vec::new();
    for _ in 0..many {
        let (client, connection) = tokio_postgres::connect(database, NoTls).await?;
        tokio::spawn(connection);
        let insert = client
            .prepare("INSERT INTO plain (id, recipient, sender, body, state) VALUES ($1, $2, $3, $4, 'queued')")
            .await?;
        let update = client
            .prepare("UPDATE plain SET state = 'accepted', sid = $2, updated_at = now() WHERE id = $1")
            .await?;
        connections.push(Connection { client, insert, update });
    }
    let shared = Arc::new(Shared {
        url: format!("{base}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"),
        http: reqwest::Client::builder().no_proxy().http1_only().pool_max_idle_per_host(in_flight).build()?,
        connections,
        next: AtomicUsize::new(0),
    });
    run(&shared, in_flight, warm_up).await?;
    say("ready")?;
    wait_for_a_line();
    let began = Instant::now();
    let mut took = run(&shared, in_flight, messages).await?;
    let seconds = began.elapsed().as_secs_f64();
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    say(&format!(
        "{{\"count\":{},\"failed\":0,\"seconds\":{seconds:.6},\"p50_ms\":{:.3},\"p99_ms\":{:.3}}}",
        took.len(),
        at(0.5),
        at(0.99)
    ))?;
    wait_for_a_line();
    Ok(())
}
