//! Templates at the provider: looking at them and looking after them.

use super::asked::{asked, filled, id};
use super::boundary::{call, text};
use super::export::export;
use super::types::{WaClient, WaText, WaTextOut};
use crate::message::{Status, json};
use crate::provider::action::options::{
    AccountOptions, TemplateDeleteOptions, TemplateGetOptions, TemplateSubmitOptions,
};
use crate::provider::action::{Action, DeleteTemplate, SubmitTemplate, TemplateQuery};
use macro_rules_attribute::apply;

/// Lists the account's templates, a page at a time.
///
/// `query_json`:
/// `{"name","language","status","category","limit","cursor","id","timeout_ms"}`
/// or null for all; see `schema/template_query.v1.schema.json`.
/// `page_json_out`: receives `{"templates":[..],"next":..}`, the caller's to
/// free; `next` goes into `cursor` for the next page and is null at the end.
///
/// Blocks at most `timeout_ms` of the query (default 60000). Thread-safe.
/// Refused from inside a callback. Source: Meta, "Template management"; Twilio,
/// "Content API".
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_template_list(
    client: WaClient,
    query_json: WaText<'_>,
    page_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_template_list", page_json_out, || {
        let asked = asked::<TemplateQuery>("wa_template_list", client, "query_json", &query_json)?;
        let action = Action::ListTemplates(asked.options.clone());
        asked.act(&[], "query_json", None, action)
    })
}

/// Reads one template.
///
/// `name`: its name, or the provider's id of it (Twilio: `HX...`).
/// `options_json`: `{"language","refresh","id","timeout_ms"}` or null;
/// `language` where the name has several; `refresh` asks the provider whatever
/// is remembered, which is at most 5 minutes old. `result_json_out`: receives
/// the template; see `schema/template.v1.schema.json`. The caller's to free.
///
/// `WA_STATUS_TEMPLATE` where there is none. The rest is as with
/// `wa_template_list`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_template_get(
    client: WaClient,
    name: WaText<'_>,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_template_get", result_json_out, || {
        let asked = asked::<TemplateGetOptions>("wa_template_get", client, "options_json", &options_json)?;
        let TemplateGetOptions { language, refresh, .. } = asked.options.clone();
        let action = Action::GetTemplate { name: filled("name", &name)?.to_owned(), language, refresh };
        asked.act(&["name"], "options_json", None, action)
    })
}

/// Creates a template. With Meta it goes to review at once; with Twilio
/// `wa_template_submit` asks for it.
///
/// `template_json`: `name`, `language`, `category`, `header`, `body`,
/// `examples`, `footer`, `buttons`, or the provider's own description in
/// `components` (Meta) or `types` (Twilio); see
/// `schema/template_definition.v1.schema.json`. `options_json`:
/// `{"id","timeout_ms"}` or null. `result_json_out`: receives the template, the
/// caller's to free.
///
/// Limits are checked before anything is sent, and named with their key. A call
/// that reaches its deadline may have made the template: look with
/// `wa_template_list`. The rest is as with `wa_template_list`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_template_create(
    client: WaClient,
    template_json: WaText<'_>,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_template_create", result_json_out, || {
        let asked = asked::<AccountOptions>("wa_template_create", client, "options_json", &options_json)?;
        let definition = json::read("template_json", text("template_json", &template_json)?)?;
        asked.act(&["options_json"], "template_json", None, Action::CreateTemplate(definition))
    })
}

/// Changes a template. Meta reviews it anew by itself. With Twilio the Content
/// resource is replaced and no review is asked for: that is
/// `wa_template_submit`.
///
/// `id`: the provider's id of the template. `template_json`: what it is to
/// be, as with `wa_template_create`; name and language cannot change with
/// Meta, and may be left out with both. `options_json`: `{"id","timeout_ms"}`
/// or null. `result_json_out`: receives `{"success":true}`, with Twilio the
/// template, its `status` `unknown`; the caller's to free.
///
/// What becomes of an approval that the template had, Twilio decides:
/// `wa_template_get` with `refresh` shows it. The rest is as with
/// `wa_template_create`. Source: Meta, "Template
/// management": an approved template can be edited once a day and 10 times in
/// 30 days.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_template_edit(
    client: WaClient,
    id: WaText<'_>,
    template_json: WaText<'_>,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_template_edit", result_json_out, || {
        let asked = asked::<AccountOptions>("wa_template_edit", client, "options_json", &options_json)?;
        let id = self::id("id", &id)?.to_owned();
        let definition = json::read("template_json", text("template_json", &template_json)?)?;
        let action = Action::EditTemplate { id, definition };
        asked.act(&["id", "options_json"], "template_json", None, action)
    })
}

/// Deletes a template.
///
/// `name`: its name, in all its languages; with Twilio its name or `HX...` SID.
/// `options_json`: `{"template_id","id","timeout_ms"}` or null; `template_id`
/// deletes only the one with this id of the provider. `result_json_out`:
/// receives `{"success":true}`, the caller's to free.
///
/// Source: Meta, "Template management": the name cannot be used again for 30
/// days. The rest is as with `wa_template_list`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_template_delete(
    client: WaClient,
    name: WaText<'_>,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_template_delete", result_json_out, || {
        let asked =
            asked::<TemplateDeleteOptions>("wa_template_delete", client, "options_json", &options_json)?;
        let action = Action::DeleteTemplate(DeleteTemplate {
            name: filled("name", &name)?.to_owned(),
            id: asked.options.template_id.clone(),
        });
        asked.act(&["name"], "options_json", None, action)
    })
}

/// Asks WhatsApp to approve a template.
///
/// `id`: the provider's id of it (Twilio: `HX...`). `options_json`:
/// `{"name","category","id","timeout_ms"}` or null; `name` and `category` are
/// what WhatsApp knows it by. `result_json_out`: receives the template with its
/// `status`, the caller's to free.
///
/// Source: Twilio, "Content API: approval requests". Meta reviews what
/// `wa_template_create` makes by itself: `WA_STATUS_NOT_SUPPORTED`. The rest is
/// as with `wa_template_list`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_template_submit(
    client: WaClient,
    id: WaText<'_>,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_template_submit", result_json_out, || {
        let asked =
            asked::<TemplateSubmitOptions>("wa_template_submit", client, "options_json", &options_json)?;
        let TemplateSubmitOptions { name, category, .. } = asked.options.clone();
        let id = self::id("id", &id)?.to_owned();
        let action = Action::SubmitTemplate(SubmitTemplate { id, name, category });
        asked.act(&["id"], "options_json", None, action)
    })
}
