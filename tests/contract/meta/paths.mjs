// Which path of the document a recorded request means.
export const MESSAGES = "/{Version}/{Phone-Number-ID}/messages";
export const VERSIONED = /^\/v\d+\.\d+\//;

const ACCOUNT = "100000000000001";
const UNDER_NUMBER = ["messages", "media", "register", "deregister", "request_code", "verify_code", "whatsapp_business_profile"];
const SETS_NUMBER = /"(pin|webhook_configuration)"/;
const UNDER_ACCOUNT = ["phone_numbers", "message_templates", "subscribed_apps"];

// Meta's, and not Twilio's: with Graph's version, or one of its first words.
export const isMeta = (path) => VERSIONED.test(path) || /^\/(upload:|\d{6,}|me\b|app\b|debug_token|whatsapp_business\/)/.test(path);

// Where the simulator serves what a media URL names.
export const isDownload = (path) => path.startsWith("/whatsapp_business/");

// The ids that are numbers: the simulator's, and whatever was used as one; and those of templates.
export function idsOf(lines) {
  const numbers = new Set(["200000000000001", "200000000000002"]);
  const templates = new Set();
  for (const { path, method, body } of lines) {
    const [plain, query = ""] = path.split("?");
    const [, , id, under] = plain.split("/");
    const named = /(?:^|&)hsm_id=(\d+)/.exec(query);
    if (named) templates.add(named[1]);
    if (UNDER_NUMBER.includes(under) || SETS_NUMBER.test(body ?? "")) numbers.add(id);
    else if (method === "POST" && !under) templates.add(id);
  }
  return { numbers, templates };
}

// Many of the document's paths look the same to a server (/{Version}/{Media-ID}, /{Version}/{TEMPLATE_ID}): there
// the ids tell, and what the request carries.
export function meant({ path }, { numbers, templates }) {
  const [plain, query = ""] = path.split("?");
  const [, , id = "", under] = plain.split("/");
  if (isDownload(path)) return "/{Version}/{Media-URL}";
  const one = (name) => `/{Version}/{${name}}`;
  if (under === "messages") return MESSAGES;
  if (UNDER_NUMBER.includes(under)) return `${one("Phone-Number-ID")}/${under}`;
  if (UNDER_ACCOUNT.includes(under)) return `${one("WABA-ID")}/${under}`;
  if (under === "uploads") return `${one("App-ID")}/uploads`;
  if (/^[a-z_]+$/.test(id)) return `/{Version}/${id}`;
  if (id.startsWith("upload:")) return one("Upload-ID");
  if (id === ACCOUNT) return one("WABA-ID");
  if (numbers.has(id)) return one("Phone-Number-ID");
  if (templates.has(id) || /fields=[^&]*(components|category|language)/.test(query)) return one("TEMPLATE_ID");
  return one("Media-ID");
}
