// Recorded requests before the document: those of Meta's paths.
import { VERSION } from "./document.mjs";
import { VERSIONED, isDownload, isMeta, meant, numbersOf } from "./paths.mjs";
import { ask, say } from "./server.mjs";

const DROPPED = ["host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect", "keep-alive"];

export async function replay(servers, text, record) {
  const lines = text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const numbers = numbersOf(lines);
  for (const [n, line] of lines.entries()) {
    if (!isMeta(line.path)) continue;
    // The document's paths have a version; Graph takes them without one too.
    const path = isDownload(line.path) ? `/${VERSION}/${encodeURIComponent(line.path)}`
      : VERSIONED.test(line.path) ? line.path : `/${VERSION}${line.path}`;
    const headers = Object.fromEntries(Object.entries(line.headers ?? {}).filter(([h]) => !DROPPED.includes(h.toLowerCase())));
    const template = meant(isDownload(line.path) ? line : { ...line, path }, numbers);
    const base = await servers.base(template);
    const name = `${n + 1}: ${line.method} ${line.path.slice(0, 60)}`;
    if (!base) {
      record("replay", name, false, `the document has no ${template}`);
      continue;
    }
    const answer = await ask(base, { method: line.method, path, headers, body: line.body || undefined });
    record("replay", name, !answer.own && answer.status < 400, `${say(answer)}  ${template}`);
  }
}
