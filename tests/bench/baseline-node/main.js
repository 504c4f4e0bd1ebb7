// Twilio's own client and pg: a row is inserted, the message is sent, the row
// is updated, each by itself and autocommitted.
//
// Arguments and protocol are those of the plain Rust program.
"use strict";

const crypto = require("node:crypto");
const readline = require("node:readline");
const { Pool } = require("pg");
const twilio = require("twilio");

const [base, database, ...numbers] = process.argv.slice(2);
const [inFlight, connections, warmUp, messages] = numbers.map(Number);

const client = twilio("AC00000000000000000000000000000001", "0123456789abcdef0123456789abcdef");
client.api.baseUrl = base;
const pool = new Pool({ connectionString: database, max: connections });

async function send(number) {
  const id = crypto.randomUUID();
  const to = `whatsapp:+1202${2000000 + (number % 1000000)}`;
  const from = "whatsapp:+14155238886";
  const body = `Hello! Your order ${number} has left our house today and will be with you tomorrow.`;
  await pool.query({
    name: "insert",
    text: "INSERT INTO plain (id, recipient, sender, body, state) VALUES ($1, $2, $3, $4, 'queued')",
    values: [id, to, from, body],
  });
  const message = await client.messages.create({
    to, from, body, statusCallback: `https://example.com/status?wa=${id}.1#rc=5&rp=all`,
  });
  await pool.query({
    name: "update",
    text: "UPDATE plain SET state = 'accepted', sid = $2, updated_at = now() WHERE id = $1",
    values: [id, message.sid],
  });
}

async function run(count) {
  let next = 0;
  const took = [];
  await Promise.all(Array.from({ length: inFlight }, async () => {
    while (next < count) {
      const number = next++;
      const began = process.hrtime.bigint();
      await send(number);
      took.push(Number(process.hrtime.bigint() - began) / 1e6);
    }
  }));
  return took;
}

async function main() {
  const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  await run(warmUp);
  console.log("ready");
  await lines.next();
  const began = process.hrtime.bigint();
  const took = await run(messages);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  took.sort((a, b) => a - b);
  const at = (share) => Number(took[Math.floor((took.length - 1) * share)].toFixed(3));
  console.log(JSON.stringify({ count: took.length, failed: 0, seconds, p50_ms: at(0.5), p99_ms: at(0.99) }));
  await lines.next();
  await pool.end();
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
