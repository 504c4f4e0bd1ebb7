//! Media in and out of the provider's store, and marking messages as read.

use super::asked::{asked, filled, id};
use super::boundary::{bytes, call};
use super::export::export;
use super::types::{WaClient, WaText, WaTextOut};
use crate::message::{Error, Status};
use crate::provider::action::options::{DownloadOptions, NumberOptions, ReadOptions, UploadOptions};
use crate::provider::action::{Action, Download, Input, Upload};
use macro_rules_attribute::apply;

/// The most bytes that a download takes unless it is told otherwise: no media
/// of WhatsApp is larger.
const MOST_BYTES: u32 = 100 * 1024 * 1024;

/// Marks a message that somebody sent to the business, and those before it, as
/// read.
///
/// `message_id`: the provider's id of the inbound message (Meta: `wamid...`,
/// Twilio: `SM...` or `MM...`). `options_json`:
/// `{"sender","typing","id","timeout_ms"}` or null; `typing` true also shows
/// for at most 25 seconds that an answer is being written. Twilio knows both
/// together only: without `typing` it is `WA_STATUS_NOT_SUPPORTED` there.
/// `result_json_out`: receives `{"success":true}`, the caller's to free; null
/// means not wanted.
///
/// Blocks at most `timeout_ms` of the options (default 60000). Thread-safe.
/// Refused from inside a callback. Source: Meta, "Mark messages as read" and
/// "Typing indicators"; Twilio, "Typing indicators".
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_mark_read(
    client: WaClient,
    message_id: WaText<'_>,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_mark_read", result_json_out, || {
        let asked = asked::<ReadOptions>("wa_mark_read", client, "options_json", &options_json)?;
        let action = Action::MarkRead {
            message_id: id("message_id", &message_id)?.to_owned(),
            typing: asked.options.typing,
        };
        let sender = asked.options.sender.clone();
        asked.act(&["message_id"], "options_json", sender, action)
    })
}

/// Uploads a file of this machine into the provider's store.
///
/// `file`: its path. `options_json`:
/// `{"sender","mime_type","filename","id","timeout_ms"}` or null; the type is
/// told by the file's name unless `mime_type` does. `result_json_out`: receives
/// the media with its `id`, for messages; see
/// `schema/media_info.v1.schema.json`. The caller's to free.
///
/// The file is read while it travels and must not change meanwhile. Blocks at
/// most `timeout_ms` (default 600000). Progress comes as events of kind
/// `progress`, to who asks for that kind. Thread-safe. Refused from inside a
/// callback. Source: Meta, "Media": an id lives 30 days; image 5 MB, audio and
/// video 16 MB, document 100 MB, sticker 500 KB, 100 KB if it does not move. Twilio:
/// `WA_STATUS_NOT_SUPPORTED`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_media_upload(
    client: WaClient,
    file: WaText<'_>,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_media_upload", result_json_out, || {
        let asked = asked::<UploadOptions>("wa_media_upload", client, "options_json", &options_json)?;
        let input = Input::File(filled("file", &file)?.into());
        let UploadOptions { sender, mime_type, filename, .. } = asked.options.clone();
        let action = Action::UploadMedia(Upload { input, mime_type, filename });
        asked.act(&["file"], "options_json", sender, action)
    })
}

/// Uploads bytes into the provider's store.
///
/// `bytes`, `length`: the media, at most 104857600 bytes; copied before the
/// call waits, and the caller's. `options_json`: as with `wa_media_upload`;
/// `mime_type` must be there. The rest is as with `wa_media_upload`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_media_upload_bytes(
    client: WaClient,
    bytes: *const u8,
    length: usize,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_media_upload_bytes", result_json_out, || {
        let asked = asked::<UploadOptions>("wa_media_upload_bytes", client, "options_json", &options_json)?;
        let UploadOptions { sender, mime_type, filename, .. } = asked.options.clone();
        let check = || match mime_type.as_deref() {
            Some(mime_type) => asked.client.check_upload(mime_type, length as u64),
            None => {
                let path = "options_json.mime_type";
                Err(Error::about(Status::Argument, path, format!("{path} is missing."))
                    .hint("Bytes have no name that tells their type: give it, such as image/jpeg."))
            }
        };
        let input = Input::Bytes(self::bytes(bytes, length, MOST_BYTES as usize, check)?);
        let action = Action::UploadMedia(Upload { input, mime_type, filename });
        asked.act(&["bytes", "length"], "options_json", sender, action)
    })
}

/// Fetches media into a folder of this machine.
///
/// `media_id`: the provider's id of the media, as an upload or an inbound
/// message gave it. `folder`: the folder that receives it, which must be there;
/// nothing is written elsewhere. `options_json`:
/// `{"sender","filename","max_bytes","overwrite","id","timeout_ms"}` or null;
/// `filename` is a name without any folder. `result_json_out`: receives the
/// file; see `schema/media_file.v1.schema.json`. The caller's to free.
///
/// The file appears under its name once it is whole and its SHA-256 fits. A
/// file that is there is replaced only with `overwrite`. Blocks at most
/// `timeout_ms` (default 600000), with progress as with `wa_media_upload`.
/// Thread-safe. Refused from inside a callback. Source: Meta, "Media": the
/// media of inbound messages can be fetched for 7 days. Twilio:
/// `WA_STATUS_NOT_SUPPORTED`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_media_download(
    client: WaClient,
    media_id: WaText<'_>,
    folder: WaText<'_>,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_media_download", result_json_out, || {
        let asked = asked::<DownloadOptions>("wa_media_download", client, "options_json", &options_json)?;
        let DownloadOptions { sender, filename, max_bytes, overwrite, .. } = asked.options.clone();
        let action = Action::DownloadMedia(Download {
            id: id("media_id", &media_id)?.to_owned(),
            folder: filled("folder", &folder)?.into(),
            filename,
            max_bytes: max_bytes.unwrap_or(MOST_BYTES).into(),
            overwrite,
        });
        asked.act(&["media_id", "folder"], "options_json", sender, action)
    })
}

/// Tells where media can be fetched from, and what it is.
///
/// `media_id`: the provider's id. `options_json`:
/// `{"sender","id","timeout_ms"}` or null. `result_json_out`: receives the
/// media with its `url`, which lives 5 minutes and wants the access token; the
/// caller's to free.
///
/// Blocks at most `timeout_ms` (default 60000). Thread-safe. Refused from
/// inside a callback. Source: Meta, "Media". Twilio: `WA_STATUS_NOT_SUPPORTED`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_media_url(
    client: WaClient,
    media_id: WaText<'_>,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_media_url", result_json_out, || {
        let asked = asked::<NumberOptions>("wa_media_url", client, "options_json", &options_json)?;
        let action = Action::MediaUrl(id("media_id", &media_id)?.to_owned());
        let sender = asked.options.sender.clone();
        asked.act(&["media_id"], "options_json", sender, action)
    })
}

/// Deletes media from the provider's store.
///
/// The arguments are those of `wa_media_url`; the result is `{"success":true}`.
/// Messages that were sent keep the media.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_media_delete(
    client: WaClient,
    media_id: WaText<'_>,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_media_delete", result_json_out, || {
        let asked = asked::<NumberOptions>("wa_media_delete", client, "options_json", &options_json)?;
        let action = Action::DeleteMedia(id("media_id", &media_id)?.to_owned());
        let sender = asked.options.sender.clone();
        asked.act(&["media_id"], "options_json", sender, action)
    })
}
