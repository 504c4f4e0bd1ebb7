// Prism, loaded into this process: its start takes a tenth of the time of the command, and the search for unused
// corrections starts it once for each of them.
import { createRequire } from "node:module";
import { join } from "node:path";
import { withoutErrors } from "./document.mjs";

const require = createRequire(join(process.env.WA_CONTRACT_TOOLS, "package.json"));
const { getHttpOperationsFromSpec } = require("@stoplight/prism-http");
const { createServer } = require("@stoplight/prism-http-server");

const nothing = () => {};
const logger = { info: nothing, warn: nothing, error: nothing, debug: nothing, success: nothing, child: () => logger };

// A validating server for the document; it answers itself, or hands on to `upstream` and checks its answers too.
export async function validating(document, upstream) {
  const operations = await getHttpOperationsFromSpec(upstream ? structuredClone(document) : withoutErrors(document));
  const common = { validateRequest: true, validateResponse: Boolean(upstream), checkSecurity: true, errors: true, upstreamProxy: undefined };
  const config = upstream
    ? { ...common, mock: false, isProxy: true, upstream: new URL(upstream) }
    : { ...common, mock: { dynamic: false }, isProxy: false };
  const server = createServer(operations, { cors: false, config, components: { logger } });
  return { base: await server.listen(0, "127.0.0.1"), close: () => server.close() };
}

const at = (violation) => (violation.location ?? []).join(".");

// How Prism took it: `own` says that the answer is Prism's own refusal.
export async function ask(base, { method, path, headers, body }) {
  const answer = await fetch(base + path, { method, headers, body, redirect: "manual" });
  const text = await answer.text();
  let parsed = text;
  try {
    parsed = JSON.parse(text);
  } catch {}
  const own = typeof parsed === "object" && String(parsed?.type).startsWith("https://stoplight.io/prism/");
  const violations = own ? (parsed.validation ?? []).map((v) => ({ at: at(v), code: v.code, message: v.message })) : [];
  return { status: answer.status, type: answer.headers.get("content-type") ?? "", body: parsed, own, violations };
}

export function say(answer) {
  if (!answer.own) return `${answer.status}`;
  const told = [...new Set(answer.violations.map((v) => `${v.at} ${v.code}`))].join(", ");
  return `${answer.status} ${answer.body.title}: ${told || answer.body.detail}`;
}
