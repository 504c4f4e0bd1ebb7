// Recorded requests before the document: those of Meta's paths.
import { VERSION } from "./document.mjs";
import { VERSIONED, isDownload, isMeta, meant, idsOf } from "./paths.mjs";
import { multipart } from "./requests.mjs";
import { ask, say } from "./server.mjs";

const DROPPED = ["host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect", "keep-alive"];

const zeros = (count) => "0".repeat(Math.min(count ?? 1, 1024));

// The record has files and other bytes by their size and hash only: zeros stand in for them.
function bodyOf(line, headers) {
  if (line.multipart) {
    const parts = line.multipart.map((p) => ({ name: p.name, filename: p.filename, type: p.content_type, value: p.text ?? zeros(p.bytes) }));
    const form = multipart(parts);
    headers["content-type"] = form.type;
    return form.body;
  }
  return line.body || (line.body_bytes ? zeros(line.body_bytes) : undefined);
}

export async function replay(servers, text, record) {
  const lines = text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const ids = idsOf(lines);
  for (const [n, line] of lines.entries()) {
    if (!isMeta(line.path)) continue;
    // The document's paths have a version; Graph takes them without one too.
    const path = isDownload(line.path) ? `/${VERSION}/${encodeURIComponent(line.path)}`
      : VERSIONED.test(line.path) ? line.path : `/${VERSION}${line.path}`;
    const named = Object.entries(line.headers ?? {}).map(([h, v]) => [h.toLowerCase(), v]);
    const headers = Object.fromEntries(named.filter(([h]) => !DROPPED.includes(h)));
    const template = meant(isDownload(line.path) ? line : { ...line, path }, ids);
    const base = await servers.base(template);
    const name = `${n + 1}: ${line.method} ${line.path.slice(0, 60)}`;
    if (!base) {
      record("replay", name, false, `the document has no ${template}`);
      continue;
    }
    const answer = await ask(base, { method: line.method, path, headers, body: bodyOf(line, headers) });
    record("replay", name, !answer.own && answer.status < 400, `${say(answer)}  ${template}`);
  }
}
