// The contract test for Twilio: Prism between a client and the simulator. Started by run.sh.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMeta } from "./meta/paths.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const documents = process.env.WA_CONTRACT_DOCUMENTS;
const prism = join(process.env.WA_CONTRACT_TOOLS, "node_modules", "@stoplight", "prism-cli", "dist", "index.js");
const work = mkdtempSync(join(tmpdir(), "wa-contract-"));
const API = "twilio_api_v2010.json";
const CONTENT = "twilio_content_v1.json";
const SEARCH = "twilio_content_v2.json";
const SERVICES = "twilio_messaging_v1.json";
const SENDERS = "twilio_messaging_v2.json";
const DOCUMENTS = [API, CONTENT, SEARCH, SERVICES, SENDERS];
const ACCOUNT = "AC00000000000000000000000000000001";
const BASIC = "Basic " + Buffer.from(`${ACCOUNT}:0123456789abcdef0123456789abcdef`).toString("base64");
const children = [];
const rows = [];

const record = (part, name, ok, what) => rows.push([ok ? "pass" : "FAIL", part, name, what]);
const read = (file) => JSON.parse(readFileSync(join(here, file), "utf8"));
const documentOf = (path) => {
  if (path.startsWith("/v1/Services")) return SERVICES;
  if (path.startsWith("/v2/Channels") || path.startsWith("/v2/Indicators")) return SENDERS;
  if (path.startsWith("/v2/Content")) return SEARCH;
  return path.startsWith("/v1/") ? CONTENT : API;
};
// Without the host: the address of a next page is the simulator's own.
const pathOf = (url) => {
  const { pathname, search } = new URL(url);
  return pathname + search;
};
const keptOf = (name, body) => body[name] ?? body.meta?.[name] ?? body.sid;

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

async function up(child, base, name) {
  for (let n = 0; n < 300; n++) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
    try {
      await fetch(base);
      return base;
    } catch {
      await new Promise((done) => setTimeout(done, 100));
    }
  }
  throw new Error(`${name} did not start`);
}

function start(name, command, args) {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  children.push(child);
  child.on("error", (e) => console.error(`${name}: ${e.message}`));
  return child;
}

async function simulator() {
  const port = await freePort();
  const child = start("simulator", process.env.WA_SIMULATOR, ["--port", String(port), "--ideal"]);
  return up(child, `http://127.0.0.1:${port}`, "the simulator");
}

async function startPrism(document, upstream) {
  const port = await freePort();
  const mode = upstream ? ["proxy", document, upstream] : ["mock", document];
  const child = start("prism", process.execPath, [prism, ...mode, "--errors", "-p", String(port), "-v", "silent"]);
  return up(child, `http://127.0.0.1:${port}`, "prism");
}

// ---- the documents, and what is allowed to differ from them

function place(tree, pointer) {
  const keys = pointer.split("/").slice(1).map((k) => k.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = keys.pop();
  const parent = keys.reduce((node, key) => node?.[key], tree);
  if (parent?.[last] === undefined) throw new Error(`allowed.json: ${pointer} points at nothing`);
  return [parent, last];
}

function amended(name, allowed) {
  const tree = JSON.parse(readFileSync(join(documents, name), "utf8"));
  for (const entry of allowed.filter((a) => a.document === name)) {
    if (!entry.reason) throw new Error(`allowed.json: ${entry.pointer} has no reason`);
    const [parent, key] = place(tree, entry.pointer);
    if (entry.replace === undefined) delete parent[key];
    else parent[key] = entry.replace;
  }
  const file = join(work, name);
  writeFileSync(file, JSON.stringify(tree));
  return file;
}

// ---- requests

async function ask(base, { method = "GET", path, form, json, raw, type, authorization = BASIC, headers = {} }) {
  const init = { method, headers: { ...headers }, redirect: "manual" };
  if (authorization !== null) init.headers.authorization = authorization;
  if (form) {
    const fields = new URLSearchParams();
    for (const [name, value] of Object.entries(form)) for (const v of [value].flat()) fields.append(name, v);
    init.body = fields.toString();
    init.headers["content-type"] = "application/x-www-form-urlencoded";
  }
  if (json) {
    init.body = JSON.stringify(json);
    init.headers["content-type"] = "application/json";
  }
  if (raw !== undefined) init.body = raw;
  if (type) init.headers["content-type"] = type;
  const answer = await fetch(base + path, init);
  const text = await answer.text();
  let body = text;
  try {
    body = JSON.parse(text);
  } catch {}
  const own = typeof body === "object" && String(body?.type).startsWith("https://stoplight.io/prism/");
  const violations = own ? (body.validation ?? []) : [];
  return { status: answer.status, body, own, violations };
}

const at = (v) => (v.location ?? []).join(".");
const say = (a) =>
  a.own ? `${a.status} ${a.body.title}: ${a.violations.map((v) => `${at(v)} ${v.code}`).join(", ") || a.body.detail}` : `${a.status}`;

// Requests that Twilio takes; each may use what the ones before it found.
function accepted() {
  const messages = `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`;
  const to = "whatsapp:+15551230001";
  const from = "whatsapp:+14155238886";
  const send = (name, form, keep) => ({ name, method: "POST", path: messages, form: { To: to, From: from, ...form }, status: 201, keep });
  const hx = (n) => "HX" + String(n).padStart(32, "0");
  const service = "MG00000000000000000000000000000001";
  const soon = new Date(Date.now() + 3600e3).toISOString();
  const hour = (n) => new Date(Date.now() + n * 3600e3).toISOString();
  return [
    send("a text", { Body: "hello" }, "sid"),
    send("a second text", { Body: "with a callback", StatusCallback: "http://127.0.0.1:1/?wa=a.1#rc=5&rp=all" }),
    send("a picture", { MediaUrl: "https://example.com/a.jpg" }),
    send("two pictures", { MediaUrl: ["https://example.com/a.jpg", "https://example.com/b.jpg"], Body: "see" }),
    send("a place", { Body: "Town hall", PersistentAction: "geo:39.7,-104.9|Town hall" }),
    send("a template", { ContentSid: hx(1), ContentVariables: '{"1":"Ann"}' }),
    send("a template with a validity period", { ContentSid: hx(4), ValidityPeriod: "600" }),
    { ...send("through a service", {}), form: { To: to, MessagingServiceSid: service, Body: "x" } },
    { ...send("scheduled", {}, "scheduled"), form: { To: to, MessagingServiceSid: service, Body: "x", ScheduleType: "fixed", SendAt: soon } },
    send("to a number outside the sandbox", { To: "whatsapp:+12025550104", Body: "x" }, "failed"),
    { name: "the message", path: (kept) => `/2010-04-01/Accounts/${ACCOUNT}/Messages/${kept.sid}.json`, status: 200 },
    { name: "the failed message", wait: 300, path: (kept) => `/2010-04-01/Accounts/${ACCOUNT}/Messages/${kept.failed}.json`, status: 200,
      expect: (b) => b.status === "failed" && b.error_code === 63015 },
    { name: "redaction", method: "POST", path: (kept) => `/2010-04-01/Accounts/${ACCOUNT}/Messages/${kept.sid}.json`, form: { Body: "" }, status: 200 },
    { name: "cancelling", method: "POST", path: (kept) => `/2010-04-01/Accounts/${ACCOUNT}/Messages/${kept.scheduled}.json`, form: { Status: "canceled" }, status: 200 },
    { name: "a list", path: `${messages}?To=${encodeURIComponent(to)}`, status: 200, expect: (b) => b.messages.length >= 8 },
    { name: "a first page", path: `${messages}?PageSize=3`, status: 200, keep: "next_page_uri" },
    { name: "a next page", path: (kept) => kept.next_page_uri, status: 200, expect: (b) => b.page === 1 && b.previous_page_uri },
    { name: "a list by sender and time", path: `${messages}?From=${encodeURIComponent(from)}&DateSent%3E=${hour(-1)}&DateSent%3C=${hour(1)}`, status: 200,
      expect: (b) => b.messages.length > 0 },
    { name: "an empty list", path: `${messages}?To=whatsapp%3A%2B15559999999`, status: 200, expect: (b) => b.messages.length === 0 },
    { name: "deleting", method: "DELETE", path: (kept) => `/2010-04-01/Accounts/${ACCOUNT}/Messages/${kept.sid}.json`, status: 204 },
    { name: "the account", path: `/2010-04-01/Accounts/${ACCOUNT}.json`, status: 200 },
    { name: "the account with an API key", path: `/2010-04-01/Accounts/${ACCOUNT}.json`, status: 200,
      authorization: "Basic " + Buffer.from("SK00000000000000000000000000000001:fedcba9876543210fedcba9876543210").toString("base64") },
    { name: "the templates", path: "/v1/Content", status: 200, expect: (b) => b.contents.length >= 9 },
    { name: "a page of templates", path: "/v1/Content?PageSize=2", status: 200, expect: (b) => b.meta.next_page_url },
    { name: "a search by name", path: "/v2/Content?PageSize=100&ContentName=order_update", status: 200,
      expect: (b) => b.contents.length === 1 && b.contents[0].sid === hx(2) },
    { name: "a template's text", path: `/v1/Content/${hx(3)}`, status: 200 },
    { name: "a template's approval", path: `/v1/Content/${hx(5)}/ApprovalRequests`, status: 200, expect: (b) => b.whatsapp.status === "paused" },
    { name: "a new template", method: "POST", path: "/v1/Content", status: 201, keep: "sid",
      json: { friendly_name: "new", language: "en", variables: { 1: "Ann" }, types: { "twilio/text": { body: "Hi {{1}}!" } } } },
    { name: "its change", method: "PUT", path: (kept) => `/v1/Content/${kept.sid}`, status: 200,
      json: { friendly_name: "newer", types: { "twilio/quick-reply": { body: "Hi {{1}}!", actions: [{ type: "QUICK_REPLY", title: "Yes", id: "y" }] } } },
      expect: (b) => b.friendly_name === "newer" && b.language === "en" && !b.types["twilio/text"] },
    { name: "its approval, not asked for", path: (kept) => `/v1/Content/${kept.sid}/ApprovalRequests`, status: 200,
      expect: (b) => b.whatsapp.status === "unsubmitted" },
    { name: "the templates with approvals", path: "/v1/ContentAndApprovals", status: 200,
      expect: (b) => b.contents.length >= 10 && b.contents.every((c) => c.approval_requests.status) },
    { name: "a page of templates with approvals", path: "/v1/ContentAndApprovals?PageSize=4", status: 200, keep: "next_page_url" },
    { name: "the next page of them", path: (kept) => pathOf(kept.next_page_url), status: 200, expect: (b) => b.meta.page === 1 && b.contents.length === 4 },
    { name: "its submission", method: "POST", path: (kept) => `/v1/Content/${kept.sid}/ApprovalRequests/whatsapp`, status: 201,
      json: { name: "new_one", category: "UTILITY" } },
    { name: "its approval", path: (kept) => `/v1/Content/${kept.sid}/ApprovalRequests`, status: 200, expect: (b) => b.whatsapp.name === "new_one" },
    { name: "its removal", method: "DELETE", path: (kept) => `/v1/Content/${kept.sid}`, status: 204 },
    { name: "the messaging service", path: `/v1/Services/${service}`, status: 200 },
    { name: "the senders", path: "/v2/Channels/Senders?Channel=whatsapp&PageSize=100", status: 200,
      expect: (b) => b.senders.length === 1 && b.senders[0].status === "ONLINE" },
    { name: "a message that is read", method: "POST", path: "/v2/Indicators/Typing.json", status: 200,
      form: { channel: "whatsapp", messageId: "SM" + "0".repeat(31) + "1" }, expect: (b) => b.success === true },
    { name: "no senders of another channel", path: "/v2/Channels/Senders?Channel=rcs", status: 200, expect: (b) => b.senders.length === 0 },
  ];
}

async function drive(bases, each) {
  const kept = {};
  for (const request of accepted()) {
    if (request.wait) await new Promise((done) => setTimeout(done, request.wait));
    const path = typeof request.path === "function" ? request.path(kept) : request.path;
    const answer = await ask(bases[documentOf(path)], { ...request, path });
    const ok = answer.status === request.status && !answer.own && (request.expect?.(answer.body) ?? true);
    if (request.keep && answer.body && !answer.own) {
      kept[request.keep] = keptOf(request.keep, answer.body);
    }
    each(request, answer, ok, kept);
  }
}

// ---- the parts

async function answers(allowed, sim) {
  const bases = {};
  for (const name of DOCUMENTS) bases[name] = await startPrism(amended(name, allowed), sim);
  const schemas = {};
  for (const name of DOCUMENTS) Object.assign(schemas, JSON.parse(readFileSync(join(documents, name), "utf8")).components.schemas);
  await drive(bases, (request, answer, ok) => {
    const gaps = ok ? incomplete(answer.body, schemas) : [];
    record("answers", request.name, ok && gaps.length === 0, say(answer) + (gaps.length ? ` not as documented: ${gaps}` : ""));
  });
  return bases;
}

// The documents make no property required: Prism would take {} for a message. Here each object must have exactly
// the documented properties.
function incomplete(body, schemas) {
  const kinds = [
    [(o) => o.sid && o.num_media, "api.v2010.account.message"],
    [(o) => o.sid && o.owner_account_sid, "api.v2010.account"],
    [(o) => o.sid && o.approval_requests, "content.v1.content_and_approvals"],
    [(o) => o.sid && o.types, "content.v1.content"],
    [(o) => o.sid && o.sender_id, "messaging.v2.channels_sender_response"],
    [(o) => o.sid && o.usecase, "messaging.v1.service"],
    [(o) => o.sid && o.whatsapp, "content.v1.content.approval_fetch"],
    [(o) => o.allow_category_change !== undefined, "content.v1.content.approval_create"],
  ];
  const objects = [body, ...(body?.messages ?? []), ...(body?.contents ?? []), ...(body?.senders ?? [])].filter((o) => o && typeof o === "object");
  const gaps = [];
  for (const o of objects) {
    if (o.messages || o.contents || o.senders || o.success !== undefined) continue;
    const kind = kinds.find(([test]) => test(o));
    if (!kind) {
      gaps.push("an object of no known kind");
      continue;
    }
    const documented = Object.keys(schemas[kind[1]].properties);
    gaps.push(...documented.filter((k) => !(k in o)).map((k) => `${k} is missing`));
    gaps.push(...Object.keys(o).filter((k) => !documented.includes(k)).map((k) => `${k} is undocumented`));
  }
  return [...new Set(gaps)];
}

// What makes the part above worth anything: answers that are wrong must be refused.
async function teeth(bases, sim) {
  const path = `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`;
  const form = { To: "whatsapp:+15551230001", From: "whatsapp:+14155238886", Body: "x" };
  const wrong = [
    ["an answer that is plain text", "text"],
    ["half an answer", "half_json"],
    ["a status that does not exist", { status: "lost" }],
    ["a number where a string belongs", { num_media: 0 }],
    ["a SID with a foreign prefix", { sid: "ME00000000000000000000000000000001" }],
    ["an error code as a string", { error_code: "63016" }],
  ];
  for (const [name, body] of wrong) {
    const rule = { match: { method: "POST" }, times: 1, fault: { kind: "garbage_2xx", body: typeof body === "string" ? body : { json: body } } };
    const set = await fetch(`${sim}/_control/faults`, { method: "POST", body: JSON.stringify(rule) });
    if (!set.ok) throw new Error(`the simulator refused the rule for ${name}: ${await set.text()}`);
    const answer = await ask(bases[API], { method: "POST", path, form });
    await fetch(`${sim}/_control/faults`, { method: "DELETE" });
    record("teeth", name, answer.own || answer.status >= 500, say(answer));
  }
}

// Against the untouched documents every allowed difference must show, or it is no longer needed.
async function allowances(allowed, sim) {
  const strict = {};
  for (const name of DOCUMENTS) strict[name] = await startPrism(join(documents, name), sim);
  const direct = Object.fromEntries(DOCUMENTS.map((name) => [name, sim]));
  const found = new Set();
  const unexplained = [];
  // what the strict documents refuse is not seen by the simulator: its own answers give the paths that follow
  const kept = {};
  for (const request of accepted()) {
    const path = typeof request.path === "function" ? request.path(kept) : request.path;
    const document = documentOf(path);
    const real = { ...request, path };
    const judged = await ask(strict[document], real);
    for (const v of judged.violations) {
      const side = v.location[0] === "response" ? v.location : v.location[0] === "request" ? v.location : ["request", ...v.location];
      const entry = allowed.find((a) => a.document === document && a.violation.code === v.code && a.violation.location.join() === side.join());
      if (entry) found.add(entry);
      else unexplained.push(`${request.name}: ${side.join(".")} ${v.code}`);
    }
    if (request.keep) {
      const answer = judged.own ? await ask(direct[document], real) : judged;
      kept[request.keep] = keptOf(request.keep, answer.body);
    }
  }
  for (const entry of allowed) {
    record("allowed", entry.pointer.split("/").slice(-3).join("/"), found.has(entry), found.has(entry) ? entry.reason : "UNUSED: remove it");
  }
  record("allowed", "nothing else differs", unexplained.length === 0, unexplained.join("; ") || "-");
}

async function broken(bases, sim) {
  const list = read("broken.json");
  const count = async () => (await (await fetch(`${sim}/_control/stats`)).json()).requests;
  for (const b of list) {
    const method = b.method ?? "POST";
    const form = { To: "whatsapp:+15551230001", From: "whatsapp:+14155238886", Body: "x", ...b.form };
    for (const name of [...(b.without ?? []), ...Object.keys(form).filter((n) => form[n] === null)]) delete form[name];
    const path = (b.path ?? "/2010-04-01/Accounts/{account}/Messages.json").replace("{account}", ACCOUNT) + (b.query ? `?${b.query}` : "");
    const before = await count();
    const answer = await ask(bases[b.document ?? API], {
      method, path, raw: b.raw, type: b.type, authorization: b.authorization === undefined ? BASIC : b.authorization,
      form: b.raw || method === "GET" ? undefined : form,
    });
    const named = !b.code || answer.violations.some((v) => at(v) === (b.at ?? "") && v.code === b.code);
    const untouched = (await count()) === before;
    record("broken", b.name, answer.own && answer.status === b.status && named && untouched,
      say(answer) + (untouched ? "" : " BUT IT REACHED THE SIMULATOR"));
  }
  record("broken", "at least 20 are named, no name twice", list.length >= 20 && new Set(list.map((b) => b.name)).size === list.length, `${list.length}`);
}

async function replay(allowed, file) {
  const bases = {};
  for (const name of DOCUMENTS) bases[name] = await startPrism(amended(name, allowed));
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  const dropped = ["host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect", "keep-alive"];
  for (const [n, line] of lines.entries()) {
    const { method, path, headers = {}, body } = JSON.parse(line);
    if (isMeta(path)) continue;
    const kept = Object.fromEntries(Object.entries(headers).filter(([h]) => !dropped.includes(h.toLowerCase())));
    const answer = await ask(bases[documentOf(path)], { method, path, headers: kept, raw: body || undefined, authorization: null });
    record("replay", `${n + 1}: ${method} ${path.slice(0, 60)}`, !answer.own && answer.status < 400, say(answer));
  }
  if (lines.length === 0) record("replay", file, false, "it is empty");
}

// ---- the run

async function main() {
  const allowed = read("allowed.json");
  const file = process.argv[2] === "--replay" ? process.argv[3] : null;
  if (process.argv.length > 2 && !file) throw new Error("usage: run.sh [--replay FILE.jsonl]");
  if (file) return replay(allowed, file);
  const sim = await simulator();
  const bases = await answers(allowed, sim);
  await teeth(bases, sim);
  await broken(bases, sim);
  await allowances(allowed, sim);
}

let crashed = null;
try {
  await main();
} catch (e) {
  crashed = e;
} finally {
  for (const child of children) child.kill("SIGTERM");
  rmSync(work, { recursive: true, force: true });
}
const width = (column) => Math.min(60, Math.max(0, ...rows.map((r) => r[column].length)));
for (const [verdict, part, name, what] of rows) {
  console.log(`${verdict}  ${part.padEnd(width(1))}  ${name.padEnd(width(2))}  ${what.slice(0, 160)}`);
}
if (crashed) console.log(`FAIL  the run itself: ${crashed.message}`);
const failed = rows.filter((r) => r[0] === "FAIL").length + (crashed ? 1 : 0);
console.log(`Twilio: ${rows.length - rows.filter((r) => r[0] === "FAIL").length} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
