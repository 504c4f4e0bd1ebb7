// Wrong requests: each is a right one of the corpus with one thing changed, and must be refused.
import { corpus, read, wire } from "./requests.mjs";
import { ask, say } from "./server.mjs";

// Sets what stands at "a.b.0.c"; null takes it away.
function change(node, where, value) {
  const keys = where.split(".");
  const last = keys.pop();
  const parent = keys.reduce((n, key) => n[key], node);
  if (parent === undefined) throw new Error(`broken.json: ${where} is not there`);
  if (value === null && Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (value === null) delete parent[last];
  else parent[last] = value;
}

// "aaa..." of a length is written {"repeat": "a", "times": 4097}.
function value(v) {
  if (v && typeof v === "object" && "repeat" in v) {
    return typeof v.repeat === "string" ? v.repeat.repeat(v.times) : Array.from({ length: v.times }, (_, n) => JSON.parse(JSON.stringify(v.repeat).replaceAll("#", n)));
  }
  return v;
}

export function made(entry, requests) {
  const right = requests.find((r) => r.name === entry.of);
  if (!right) throw new Error(`broken.json: there is no request ${entry.of}`);
  const request = structuredClone(right);
  for (const [where, v] of Object.entries(entry.body ?? {})) change(request.body, where, value(v));
  for (const key of ["authorization", "path", "query", "type", "raw", "multipart"]) if (key in entry) request[key] = entry[key];
  if (entry.without) delete request[entry.without];
  if (entry.method) request.operation = request.operation.replace(/^\w+/, entry.method);
  return request;
}

// Gives those that the document judged.
export async function broken(servers, simulator, values, record) {
  const list = read("broken.json");
  const requests = corpus();
  const judged = [];
  for (const entry of list) {
    const request = made(entry, requests);
    const byDocument = entry.by === "document";
    if (!byDocument && !simulator) continue;
    const answer = byDocument ? await servers.ask(request) : await ask(simulator, wire(request, { ...values, ...entry.values }));
    let named;
    if (byDocument) {
      const seen = (v) => v.at === entry.at && String(v.code) === String(entry.code) && (!entry.says || v.message.includes(entry.says));
      named = answer.own && answer.status < 500 && (entry.code === undefined ? answer.status === entry.status : answer.violations.some(seen));
      judged.push({ name: `broken: ${entry.name}`, request, accepted: false });
    } else {
      const error = answer.body?.error;
      named = answer.status >= 400 && error?.code === entry.code && (entry.subcode === undefined || error.error_subcode === entry.subcode);
    }
    const what = byDocument ? `${answer.status} ${entry.at ?? answer.body?.title} ${entry.code ?? ""}`
      : `${answer.status} ${answer.body?.error?.code}: ${answer.body?.error?.error_data?.details ?? answer.body?.error?.message}`;
    record("broken", entry.name, named, `refused by the ${entry.by}: ${named ? what : `NOT AS TOLD: ${say(answer)} ${JSON.stringify(answer.body?.error ?? "")}`}`);
  }
  const names = new Set(list.map((b) => b.name));
  record("broken", "at least 20 are named, no name twice", list.length >= 20 && names.size === list.length, `${list.length}`);
  return judged;
}
