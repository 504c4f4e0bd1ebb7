// The contract test for Meta: right requests of every kind, and wrong ones, before a validating server that has
// Meta's OpenAPI document, and before the simulator. Started by ../run.sh.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { NAME, VERSION, corrected, load, part, touches } from "./document.mjs";
import { broken } from "./broken.mjs";
import { replay } from "./replay.mjs";
import { corpus, differs, fill, isBinary, read, samples, templateOf, wire } from "./requests.mjs";
import { ask, say, validating } from "./server.mjs";

const rows = [];
const skipped = [];
const record = (part, name, ok, what) => rows.push([ok ? "pass" : "FAIL", part, name, what]);

// One validating server a path, started when it is first needed.
class Servers {
  constructor(document, upstream) {
    Object.assign(this, { document, upstream, started: {} });
  }
  async base(template) {
    const cut = part(this.document, template);
    if (!cut) return null;
    this.started[template] ??= await validating(cut, this.upstream);
    return this.started[template].base;
  }
  async ask(request, values) {
    const base = await this.base(templateOf(request));
    if (!base) return { status: 404, own: true, violations: [], body: { title: "No such path", detail: templateOf(request) } };
    return ask(base, wire(request, values));
  }
  async close() {
    await Promise.all(Object.values(this.started).map((s) => s.close()));
  }
}

const accepted = (answer) => !answer.own && answer.status < 400;

// ---- the simulator

let simulator = null;
async function startSimulator() {
  simulator = spawn(process.env.WA_SIMULATOR, ["--port", "0", "--ideal"], { stdio: ["ignore", "pipe", "inherit"] });
  const gone = new Promise((_, no) => simulator.once("exit", (code) => no(new Error(`the simulator ended with ${code}`))));
  const lines = createInterface({ input: simulator.stdout });
  const first = new Promise((yes) => lines.once("line", yes));
  const base = (await Promise.race([first, gone])).split(" ").pop();
  gone.catch(() => {});
  return base;
}

// Whether it knows Meta at all: its error for a wrong token has Meta's form.
async function speaksMeta(base) {
  const answer = await fetch(`${base}/${VERSION}/200000000000001`, { headers: { authorization: "Bearer wrong" } });
  const text = await answer.text();
  return answer.status === 401 && text.includes('"code":190');
}

// ---- the parts

async function beforeDocument(servers) {
  for (const request of corpus()) {
    const answer = await servers.ask(request);
    record("document", request.name, accepted(answer), `${say(answer)}  ${request.operation}`);
  }
}

// The library does not ask for permission to call.
const NOT_OURS = ["call_permission_request"];

// Every word by which the corrected document tells kinds apart must be in the corpus.
function complete(document) {
  const { Message, InteractiveObject, TemplateComponent } = document.components.schemas;
  const bodies = corpus().map((r) => r.body).filter((b) => b?.messaging_product);
  const components = bodies.flatMap((b) => b.template?.components ?? []);
  const kinds = [
    ["messages", Object.keys(Message.discriminator.mapping), bodies.map((b) => b.type)],
    ["interactive messages", InteractiveObject.properties.type.enum, bodies.map((b) => b.interactive?.type)],
    ["template components", TemplateComponent.properties.type.enum, components.map((c) => c.type)],
    ["template buttons", TemplateComponent.properties.sub_type.enum, components.map((c) => c.sub_type)],
  ];
  for (const [what, all, found] of kinds) {
    const absent = all.filter((k) => !found.includes(k) && !NOT_OURS.includes(k));
    record("document", `the corpus has all kinds of ${what}`, absent.length === 0, absent.join(", ") || `${all.length}`);
  }
}

// Through the validating server, so that the answers are judged too. Bytes that are no text do not survive Prism:
// those requests go to the simulator itself.
async function beforeSimulator(base, document) {
  const servers = new Servers(document, base);
  const values = { token: samples.token };
  const given = [];
  for (const request of corpus()) {
    let answer;
    if (request.url) answer = await ask("", { ...wire(request, values), path: fill(request.url, values) });
    else if (isBinary(request)) answer = await ask(base, wire(request, values));
    else {
      answer = await servers.ask(request, values);
      if (accepted(answer)) given.push({ request, answer, values: { ...values } });
    }
    const gaps = accepted(answer) ? differs(answer.body, fill(request.answer, values)) : [];
    record("simulator", request.name, accepted(answer) && gaps.length === 0, told(answer) + gaps.join("; "));
    for (const [name, where] of Object.entries(request.keep ?? {})) {
      values[name] = where.split(".").reduce((node, key) => node?.[key], answer.body);
    }
  }
  await servers.close();
  return { values, given };
}

// What the simulator said besides the status, when it refused.
function told(answer) {
  const error = answer.body?.error;
  return error ? `${answer.status} ${error.code}: ${error.error_data?.details ?? error.message} ` : `${say(answer)} `;
}

const called = (f) => `${f.kind} ${f.pointer.split("/").slice(2).join("/")}${typeof f.add === "string" ? ` ${f.add}` : ""}`;

// A correction without which nothing changes is not needed: each is taken away in turn, until something is judged
// otherwise than with all of them.
async function needed(tree, faults, cases) {
  for (const fault of faults) {
    const rest = corrected(tree, faults.filter((f) => f !== fault));
    const servers = new Servers(rest);
    let witness = null;
    for (const c of cases) {
      const template = templateOf(c.request);
      if (!touches(fault, part(c.document, template), template)) continue;
      if (accepted(await servers.ask(c.request)) !== c.accepted) witness = c.name;
      if (witness) break;
    }
    await servers.close();
    record("faults", called(fault), witness !== null,
      witness ? `${fault.why} (needed by: ${witness})` : "UNUSED: remove it");
  }
}

// A server that gives one of the simulator's answers again, as it was or changed.
async function repeater() {
  const again = { answer: null };
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(again.answer.status, { "content-type": again.answer.type }).end(JSON.stringify(again.answer.body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  again.base = `http://127.0.0.1:${server.address().port}`;
  again.close = () => server.close();
  return again;
}

// The same for corrections of the answers: one of those that the simulator gave must be refused without it.
async function neededByAnswers(tree, document, faults, given, again) {
  for (const fault of faults.filter((f) => f.side === "answer")) {
    const servers = new Servers(corrected(tree, faults.filter((f) => f !== fault)), again.base);
    let witness = null;
    for (const g of given) {
      const template = templateOf(g.request);
      if (witness || !touches(fault, part(document, template), template)) continue;
      again.answer = g.answer;
      if (!accepted(await servers.ask(g.request, g.values))) witness = g.request.name;
    }
    await servers.close();
    record("faults", called(fault), witness !== null, witness ? `${fault.why} (needed by the answer to: ${witness})` : "UNUSED: remove it");
  }
}

// What makes the simulator's part worth anything: a list where an object belongs must be refused, in every answer.
async function teeth(document, given, again) {
  const servers = new Servers(document, again.base);
  const operations = new Map(given.map((g) => [g.request.operation, g]));
  for (const [operation, g] of operations) {
    again.answer = { ...g.answer, body: [g.answer.body] };
    const answer = await servers.ask(g.request, g.values);
    record("teeth", operation, answer.own && answer.status >= 500, say(answer));
  }
  await servers.close();
}

async function whole(tree, faults) {
  const ofRequests = faults.filter((f) => f.side === "request");
  const document = corrected(tree, faults);
  const servers = new Servers(document);
  await beforeDocument(servers);
  complete(document);
  const base = await startSimulator();
  const meta = await speaksMeta(base);
  // The word of the sources, so that a simulator that lost its tongue is no reason to skip.
  if (!meta && existsSync(process.env.WA_SIMULATOR_META)) throw new Error("the simulator does not answer as Meta does");
  if (!meta) skipped.push("the simulator has no side of Meta's: only the document judged");
  const { values, given } = meta ? await beforeSimulator(base, document) : { values: {} };
  const judged = await broken(servers, meta ? base : null, values, record);
  // Prism takes everything where it cannot compile a schema: so each must have refused something.
  const toothless = new Set(corpus().filter((r) => r.body || r.multipart).map((r) => r.operation));
  for (const { request } of judged) toothless.delete(request.operation);
  record("broken", "every operation with a body has refused one", toothless.size === 0, [...toothless].join(", ") || "-");
  // Those that the untouched document judges otherwise come first: there the difference is found soonest.
  const plain = new Servers(tree);
  const cases = [];
  for (const c of [...corpus().map((request) => ({ name: request.name, request, accepted: true })), ...judged]) {
    const same = accepted(await plain.ask(c.request)) === c.accepted;
    cases.push({ ...c, document, same });
  }
  await plain.close();
  await servers.close();
  cases.sort((a, b) => a.same - b.same);
  await needed(tree, ofRequests, cases);
  if (!meta) return;
  const again = await repeater();
  await neededByAnswers(tree, document, faults, given, again);
  await teeth(document, given, again);
  again.close();
}

// ---- the run

async function main() {
  const { tree, sha256 } = load(process.env.WA_CONTRACT_DOCUMENTS);
  const faults = read("faults.json");
  for (const f of faults) if (!f.why || !["fault", "missing", "later"].includes(f.kind)) throw new Error(`faults.json: ${f.pointer} does not say why`);
  const file = process.argv[2] === "--replay" ? process.argv[3] : null;
  if (process.argv.length > 2 && !file) throw new Error("usage: run.sh [--replay FILE.jsonl]");
  if (!file || tree.info.version !== VERSION) {
    record("document", `${NAME} is of ${VERSION}`, tree.info.version === VERSION, `${tree.info.version}, sha256 ${sha256}`);
  }
  if (!file) return whole(tree, faults);
  const servers = new Servers(corrected(tree, faults));
  await replay(servers, readFileSync(file, "utf8"), record);
  await servers.close();
}

let crashed = null;
try {
  await main();
} catch (e) {
  crashed = e;
} finally {
  simulator?.kill("SIGTERM");
}
const width = (column, most) => Math.min(most, Math.max(0, ...rows.map((r) => r[column].length)));
for (const [verdict, part, name, what] of rows) {
  console.log(`${verdict}  ${part.padEnd(width(1, 12))}  ${name.padEnd(width(2, 60))}  ${what.slice(0, verdict === "FAIL" ? 600 : 200)}`);
}
if (crashed) console.log(`FAIL  the run itself: ${crashed.stack}`);
for (const why of skipped) console.log(`SKIPPED: ${why}`);
const failed = rows.filter((r) => r[0] === "FAIL").length + (crashed ? 1 : 0);
console.log(`Meta: ${rows.length - rows.filter((r) => r[0] === "FAIL").length} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
