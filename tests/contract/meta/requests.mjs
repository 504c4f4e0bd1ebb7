// The corpus: right requests of every kind, as Meta takes them.
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSION } from "./document.mjs";
import { MESSAGES } from "./paths.mjs";

const here = dirname(fileURLToPath(import.meta.url));
export const read = (file) => JSON.parse(readFileSync(join(here, file), "utf8"));
export const samples = read("samples.json");
export const SENDER = `/${VERSION}/200000000000001`;
export const AGENT = "wa-contract/1.0.0";
// The calls in the order in which they make sense; the messages need the media and the templates.
const CALLS = ["account", "media", "templates", "messages", "numbers", "profile", "media-delete"];

function messages() {
  const names = readdirSync(join(here, "messages")).filter((f) => f.endsWith(".json")).sort();
  return names.map((file) => {
    const name = file.slice(0, -5);
    const body = read(`messages/${file}`);
    const answer = body.status ? { success: true } : { messaging_product: "whatsapp", contacts: "array", messages: "array" };
    return { name, operation: `POST ${MESSAGES}`, path: `${SENDER}/messages`, body, answer };
  });
}

export const corpus = () => CALLS.flatMap((group) => (group === "messages" ? messages() : read(`calls/${group}.json`)));

export const templateOf = (request) => request.operation.split(" ")[1];

// Puts the values in the place of {their names}; and of the sample ids that the messages name.
export function fill(node, values) {
  if (typeof node === "string") {
    for (const kind of ["image", "video", "audio", "document", "sticker"]) if (node === samples[kind]) return values[kind] ?? node;
    return node.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }
  if (Array.isArray(node)) return node.map((n) => fill(n, values));
  if (node && typeof node === "object") return Object.fromEntries(Object.entries(node).map(([k, v]) => [k, fill(v, values)]));
  return node;
}

const bytesOf = (part) => Buffer.from(part.text ?? part.value ?? part.base64, part.base64 ? "base64" : "utf8");
export const isBinary = (request) => Boolean(request.base64 || request.multipart?.some((p) => p.base64));

export function multipart(parts) {
  const boundary = "wa-contract-boundary";
  const pieces = parts.flatMap((p) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${p.name}"${p.filename ? `; filename="${p.filename}"` : ""}\r\n` +
      `${p.type ? `Content-Type: ${p.type}\r\n` : ""}\r\n`,
    bytesOf(p),
    "\r\n",
  ]);
  return { body: Buffer.concat([...pieces, `--${boundary}--\r\n`].map((p) => Buffer.from(p))), type: `multipart/form-data; boundary=${boundary}` };
}

// From an entry of the corpus to what goes over the wire.
export function wire(request, values = samples) {
  const r = fill(request, values);
  const headers = { "user-agent": AGENT, ...r.headers };
  if (r.authorization !== null) headers.authorization = r.authorization?.includes(" ") ? r.authorization : `${r.authorization ?? "Bearer"} ${values.token ?? samples.token}`;
  let body;
  if (r.multipart) {
    const form = multipart(r.multipart);
    body = form.body;
    headers["content-type"] = form.type;
  } else if (r.raw !== undefined) {
    body = r.raw;
  } else if (r.base64) {
    body = Buffer.from(r.base64, "base64");
  } else if (r.body !== undefined) {
    body = JSON.stringify(r.body);
    headers["content-type"] = "application/json";
  }
  if (r.type) headers["content-type"] = r.type;
  // What a media URL says stands in one piece of the document's path; the simulator's is asked as it is.
  const path = r.url ? `/${VERSION}/${encodeURIComponent(r.url)}` : r.path + (r.query ? `?${r.query}` : "");
  return { method: r.operation.split(" ")[0], path, headers, body };
}

// What an answer must have, by "key.0.key": a value, the name of a type, or null where nothing may be. Gives what is wrong.
export function differs(answer, expected) {
  if (typeof expected !== "object") return answer === expected ? [] : [`${JSON.stringify(answer)} is not ${JSON.stringify(expected)}`];
  return Object.entries(expected).flatMap(([key, wanted]) => {
    const value = key.split(".").reduce((node, k) => node?.[k], answer) ?? null;
    const kind = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
    const fine = wanted === "any" ? value !== null : ["string", "array", "object"].includes(wanted) ? kind === wanted : value === wanted;
    return fine ? [] : [`${key} is ${JSON.stringify(value)}, not ${JSON.stringify(wanted)}`];
  });
}
