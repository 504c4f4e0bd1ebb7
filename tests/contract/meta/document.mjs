// Meta's OpenAPI document: read, corrected by the list of its faults, cut to one path.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.WA_CONTRACT_TOOLS, "package.json"));
const yaml = require("js-yaml");

export const NAME = "business-messaging-api_v23.0.yaml";
export const VERSION = "v23.0";

export function load(folder) {
  const text = readFileSync(join(folder, NAME), "utf8");
  // Without timestamps: a date in an example stays the string it is.
  const tree = yaml.load(text, { schema: yaml.CORE_SCHEMA });
  return { tree, sha256: createHash("sha256").update(text).digest("hex") };
}

const keysOf = (pointer) => pointer.split("/").slice(1).map((k) => k.replaceAll("~1", "/").replaceAll("~0", "~"));

// A copy of the document with the faults corrected.
export function corrected(tree, faults) {
  const copy = structuredClone(tree);
  for (const fault of faults) {
    const keys = keysOf(fault.pointer);
    const last = keys.pop();
    const parent = keys.reduce((node, key) => node?.[key], copy);
    if (parent === undefined) throw new Error(`faults.json: ${fault.pointer} points at nothing`);
    const there = parent[last] !== undefined;
    if ("add" in fault) {
      if (there) throw new Error(`faults.json: ${fault.pointer} is there already`);
      if (last === "-") parent.push(fault.add);
      else parent[last] = fault.add;
    } else if (!there) {
      throw new Error(`faults.json: ${fault.pointer} points at nothing`);
    } else if ("replace" in fault) {
      parent[last] = fault.replace;
    } else {
      delete parent[last];
    }
  }
  return copy;
}

// The document with this one path and what it refers to. One path at a time, because many of the document's
// paths are the same to a server (/{Version}/{Media-ID}, /{Version}/{WABA-ID}, ...); and small documents load fast.
export function part(tree, template) {
  const item = tree.paths[template];
  if (!item) return null;
  const components = { securitySchemes: tree.components.securitySchemes };
  const follow = (node) => {
    if (Array.isArray(node)) node.forEach(follow);
    else if (node && typeof node === "object") {
      if (typeof node.$ref === "string") {
        const [, group, name] = keysOf(node.$ref.slice(1));
        components[group] ??= {};
        if (!(name in components[group])) {
          components[group][name] = tree.components[group][name];
          follow(components[group][name]);
        }
      }
      Object.values(node).forEach(follow);
    }
  };
  follow(item);
  return { openapi: tree.openapi, info: tree.info, paths: { [template]: item }, components };
}

// Without the error answers it describes: Prism would give those where a request is wrong, instead of saying why.
export function withoutErrors(document) {
  const copy = structuredClone(document);
  for (const item of Object.values(copy.paths)) {
    for (const operation of Object.values(item)) {
      for (const status of Object.keys(operation.responses ?? {})) if (status[0] !== "2") delete operation.responses[status];
    }
  }
  return copy;
}

// Whether a correction at this pointer can be felt in that part.
export function touches(fault, cut, template) {
  const [root, group, name] = keysOf(fault.pointer);
  if (root === "paths") return group === template;
  return root !== "components" || cut?.components[group]?.[name] !== undefined;
}
