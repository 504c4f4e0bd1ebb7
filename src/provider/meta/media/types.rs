//! The types of media that WhatsApp takes: by what ending and by what first
//! bytes a file is known, and how large it may be.

use crate::message::content::MediaKind;
use crate::message::{Error, Result, Status};

const KB: u64 = 1024;
const MB: u64 = 1024 * KB;

/// The most bytes of a sticker that does not move.
const MOST_STILL: u64 = 100 * KB;

/// How many of a file's first bytes are looked at.
pub const HEAD: usize = 1024;
/// The most characters of a type with its parameters.
const LONGEST_TYPE: usize = 100;

/// A type of media.
#[derive(Debug, PartialEq)]
pub struct MediaType {
    /// Its name.
    pub mime: &'static str,
    /// What it is in a message.
    pub kind: MediaKind,
    /// Endings of names; the first is given to files that are fetched.
    endings: &'static [&'static str],
    /// What its first bytes may look like; empty where anything may begin it
    /// that is not known as something else.
    looks: &'static [Look],
    /// Bytes that look like nothing known are taken too.
    unmarked: bool,
}

/// What first bytes look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Jpeg,
    Png,
    WebP,
    Mp4,
    QuickTime,
    Heif,
    Ogg,
    Mp3,
    Aac,
    Amr,
    Pdf,
    Ole,
    Zip,
    Gif,
    Wav,
    Matroska,
    Html,
    /// Something with zeros in it, and no mark.
    Binary,
}

const fn known(
    mime: &'static str,
    kind: MediaKind,
    endings: &'static [&'static str],
    looks: &'static [Look],
) -> MediaType {
    MediaType { mime, kind, endings, looks, unmarked: false }
}

const TYPES: &[MediaType] = &[
    known("image/jpeg", MediaKind::Image, &["jpg", "jpeg", "jpe"], &[Look::Jpeg]),
    known("image/png", MediaKind::Image, &["png"], &[Look::Png]),
    known("image/webp", MediaKind::Sticker, &["webp"], &[Look::WebP]),
    known("video/mp4", MediaKind::Video, &["mp4", "m4v"], &[Look::Mp4]),
    known("video/3gpp", MediaKind::Video, &["3gp", "3gpp"], &[Look::Mp4]),
    known("video/3gp", MediaKind::Video, &[], &[Look::Mp4]),
    // Both may begin with anything a player skips.
    MediaType {
        unmarked: true,
        ..known("audio/aac", MediaKind::Audio, &["aac"], &[Look::Aac, Look::Binary])
    },
    MediaType {
        unmarked: true,
        ..known("audio/mpeg", MediaKind::Audio, &["mp3"], &[Look::Mp3, Look::Binary])
    },
    known("audio/amr", MediaKind::Audio, &["amr"], &[Look::Amr]),
    known("audio/mp4", MediaKind::Audio, &["m4a", "mp4"], &[Look::Mp4]),
    known("audio/ogg", MediaKind::Audio, &["ogg", "oga", "opus"], &[Look::Ogg]),
    known("application/pdf", MediaKind::Document, &["pdf"], &[Look::Pdf]),
    known("application/msword", MediaKind::Document, &["doc"], &[Look::Ole]),
    known("application/vnd.ms-excel", MediaKind::Document, &["xls"], &[Look::Ole]),
    known("application/vnd.ms-powerpoint", MediaKind::Document, &["ppt"], &[Look::Ole]),
    // One that is locked by a password is OLE outside.
    known(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        MediaKind::Document,
        &["docx"],
        &[Look::Zip, Look::Ole],
    ),
    known(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        MediaKind::Document,
        &["xlsx"],
        &[Look::Zip, Look::Ole],
    ),
    known(
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        MediaKind::Document,
        &["pptx"],
        &[Look::Zip, Look::Ole],
    ),
    MediaType { unmarked: true, ..known("text/plain", MediaKind::Document, &["txt", "text"], &[Look::Html]) },
];

/// Other names that hosts give to the same types.
const ALIASES: &[(&str, &str)] = &[
    ("image/jpg", "image/jpeg"),
    ("audio/mp3", "audio/mpeg"),
    ("audio/m4a", "audio/mp4"),
    ("audio/x-m4a", "audio/mp4"),
    ("audio/x-aac", "audio/aac"),
    ("application/ogg", "audio/ogg"),
];

/// A type as it is sent, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// The type with its parameters, such as `audio/ogg; codecs=opus`.
    pub text: String,
    /// The type.
    pub media_type: &'static MediaType,
}

/// The type of a file: the one that is given, or the one of its ending.
/// `wanted` says what it is to be in a message.
pub fn choose(path: &str, given: Option<&str>, name: &str, wanted: Option<MediaKind>) -> Result<Chosen> {
    let refused = |message: String| {
        Error::about(Status::Argument, path, message).hint(format!("WhatsApp takes {}.", list()))
    };
    let chosen = match given {
        Some(given) => {
            let fits = given.len() <= LONGEST_TYPE && given.bytes().all(|byte| matches!(byte, 0x20..=0x7e));
            let (bare, parameters) = given.split_once(';').unwrap_or((given, ""));
            let found = if fits { of_name(bare) } else { None };
            let media_type = found
                .ok_or_else(|| refused(format!("{path}: WhatsApp does not take {:?}.", clipped(given))))?;
            let parameters = parameters.trim();
            let text = if parameters.is_empty() {
                media_type.mime.to_owned()
            } else {
                format!("{}; {parameters}", media_type.mime)
            };
            Chosen { text, media_type }
        }
        None => {
            let ending = ending_of(name);
            let media_type = ending.as_deref().and_then(|ending| of_ending(ending, wanted)).ok_or_else(
                || match &ending {
                    Some(ending) => refused(format!(
                        "{path}: a file whose name ends with .{} is of no type that WhatsApp takes.",
                        clipped(ending)
                    )),
                    None => refused(format!(
                        "{path}: the name has no ending that tells the type; give mime_type."
                    )),
                },
            )?;
            Chosen { text: media_type.mime.to_owned(), media_type }
        }
    };
    match wanted {
        Some(wanted) if !chosen.media_type.fits(wanted) => Err(refused(format!(
            "{path}: {} cannot be sent as {}; {} can.",
            chosen.media_type.mime,
            with_article(wanted),
            names(|it| it.kind == wanted)
        ))),
        _ => Ok(chosen),
    }
}

impl MediaType {
    /// Whether a message of that kind can hold it. Any type can be a document.
    fn fits(&self, kind: MediaKind) -> bool {
        self.kind == kind || kind == MediaKind::Document
    }

    /// The most bytes.
    pub fn most(&self) -> u64 {
        match self.kind {
            MediaKind::Image => 5 * MB,
            MediaKind::Audio | MediaKind::Video => 16 * MB,
            MediaKind::Document => 100 * MB,
            MediaKind::Sticker => 500 * KB,
        }
    }

    /// A name with an ending of this type: some readers open a file by that
    /// alone. `longest` is in characters.
    pub fn fitting_name(&self, name: String, longest: usize) -> String {
        if ending_of(&name).is_some_and(|ending| self.endings.contains(&ending.as_str())) {
            return name;
        }
        let Some(ending) = self.endings.first() else { return name };
        let stem = if name.trim().is_empty() { "file" } else { name.trim_end().trim_end_matches('.') };
        let room = longest.saturating_sub(ending.len() + 1);
        let stem: String = stem.chars().take(room).collect();
        format!("{stem}.{ending}")
    }

    /// Refuses a size.
    pub fn check_size(&self, path: &str, bytes: u64) -> Result<()> {
        if bytes == 0 {
            return Err(Error::about(Status::Argument, path, format!("{path}: the file is empty.")));
        }
        let most = self.most();
        if bytes <= most {
            return Ok(());
        }
        let limit =
            if most.is_multiple_of(MB) { format!("{} MB", most / MB) } else { format!("{} KB", most / KB) };
        Err(Error::about(
            Status::Argument,
            path,
            format!(
                "{path}: the file has {bytes} bytes; {limit} ({most} bytes) are the most for {}.",
                with_article(self.kind)
            ),
        )
        .hint("Make it smaller, or send a link to it."))
    }

    /// Refuses a sticker that is small enough only for one that moves.
    pub fn check_still(&self, path: &str, head: &[u8], bytes: u64) -> Result<()> {
        if self.kind != MediaKind::Sticker || bytes <= MOST_STILL || is_animated(head) {
            return Ok(());
        }
        let most = MOST_STILL / KB;
        let message = format!(
            "{path}: the file has {bytes} bytes; {most} KB ({MOST_STILL} bytes) are the most for a sticker that does not move."
        );
        Err(Error::about(Status::Argument, path, message).hint("Make it smaller: WebP of 512 x 512 pixels."))
    }

    /// Refuses first bytes that contradict the type.
    pub fn check_head(&self, path: &str, head: &[u8]) -> Result<()> {
        let look = look(head);
        // A PDF may begin with something else, as long as that is short.
        let late = self.looks == [Look::Pdf] && head.windows(5).any(|part| part == b"%PDF-");
        let fits = match look {
            Some(look) => self.looks.contains(&look),
            None => self.unmarked,
        };
        let fits = fits || late;
        if fits {
            return Ok(());
        }
        let found = match look {
            Some(look) => format!("what the file holds looks like {}", look.name()),
            None => "what the file holds does not look like it".to_owned(),
        };
        Err(Error::about(
            Status::Argument,
            path,
            format!("{path}: the type is to be {}, but {found}.", self.mime),
        )
        .hint("Give the right mime_type, or a file of that type; a name's ending changes nothing."))
    }
}

/// The type of that name.
fn of_name(name: &str) -> Option<&'static MediaType> {
    let name = name.trim().to_ascii_lowercase();
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, name)| name);
    TYPES.iter().find(|it| it.mime == name)
}

/// The type of that ending: one that can be what is wanted, if there is one.
fn of_ending(ending: &str, wanted: Option<MediaKind>) -> Option<&'static MediaType> {
    let mut all = TYPES.iter().filter(|it| it.endings.contains(&ending));
    let first = all.clone().next();
    all.find(|it| wanted == Some(it.kind)).or(first)
}

/// A name's ending in small letters.
fn ending_of(name: &str) -> Option<String> {
    let (before, ending) = name.trim_end().rsplit_once('.')?;
    (!before.is_empty() && !ending.is_empty()).then(|| ending.to_ascii_lowercase())
}

/// The ending for a file of that type that is fetched.
pub fn ending_for(mime: Option<&str>) -> &'static str {
    mime.and_then(|mime| of_name(mime.split(';').next().unwrap_or_default()))
        .and_then(|it| it.endings.first())
        .map_or("bin", |ending| *ending)
}

fn names(which: impl Fn(&MediaType) -> bool) -> String {
    let names: Vec<&str> = TYPES.iter().filter(|it| which(it)).map(|it| it.mime).collect();
    names.join(", ")
}

fn list() -> String {
    names(|it| !it.endings.is_empty())
}

fn with_article(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "an image",
        MediaKind::Video => "a video",
        MediaKind::Audio => "audio",
        MediaKind::Document => "a document",
        MediaKind::Sticker => "a sticker",
    }
}

fn clipped(text: &str) -> String {
    text.chars().take(LONGEST_TYPE).collect()
}

impl Look {
    fn name(self) -> &'static str {
        match self {
            Look::Jpeg => "JPEG",
            Look::Png => "PNG",
            Look::WebP => "WebP",
            Look::Mp4 => "MP4 or 3GPP",
            Look::QuickTime => "QuickTime (.mov)",
            Look::Heif => "HEIF or AVIF",
            Look::Ogg => "Ogg",
            Look::Mp3 => "MP3",
            Look::Aac => "AAC",
            Look::Amr => "AMR",
            Look::Pdf => "PDF",
            Look::Ole => "an office document of the old form (.doc, .xls, .ppt)",
            Look::Zip => "a ZIP archive (.docx, .xlsx, .pptx are ones)",
            Look::Gif => "GIF",
            Look::Wav => "WAV",
            Look::Matroska => "Matroska or WebM",
            Look::Html => "a page of HTML",
            Look::Binary => "no text",
        }
    }
}

/// What first bytes look like.
pub fn look(head: &[u8]) -> Option<Look> {
    let at = |from: usize, mark: &[u8]| head.get(from..from + mark.len()) == Some(mark);
    let marks: [(&[u8], Look); 13] = [
        (b"\xff\xd8\xff", Look::Jpeg),
        (b"\x89PNG\r\n\x1a\n", Look::Png),
        (b"OggS", Look::Ogg),
        (b"ID3", Look::Mp3),
        (b"ADIF", Look::Aac),
        (b"#!AMR", Look::Amr),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Look::Ole),
        (b"PK\x03\x04", Look::Zip),
        (b"PK\x05\x06", Look::Zip),
        (b"GIF8", Look::Gif),
        (b"\x1a\x45\xdf\xa3", Look::Matroska),
        (b"%PDF-", Look::Pdf),
        (b"\xef\xbb\xbf%PDF-", Look::Pdf),
    ];
    if let Some((_, look)) = marks.iter().find(|(mark, _)| head.starts_with(mark)) {
        return Some(*look);
    }
    if at(0, b"RIFF") && at(8, b"WEBP") {
        return Some(Look::WebP);
    }
    if at(0, b"RIFF") && at(8, b"WAVE") {
        return Some(Look::Wav);
    }
    if at(4, b"ftyp") {
        let brand = head.get(8..12).unwrap_or_default();
        return Some(match brand {
            b"qt  " => Look::QuickTime,
            b"heic" | b"heix" | b"heif" | b"mif1" | b"msf1" | b"avif" => Look::Heif,
            _ => Look::Mp4,
        });
    }
    if is_html(head) {
        return Some(Look::Html);
    }
    let wide = at(0, b"\xff\xfe") || at(0, b"\xfe\xff");
    match head {
        // Eleven set bits; then the layer: none is AAC, one of three is MPEG audio.
        [0xff, second, third, ..] if second & 0xe0 == 0xe0 && !wide => Some(match second & 0x06 {
            0 if second & 0xf0 == 0xf0 => Look::Aac,
            0 => Look::Binary,
            _ if third & 0xf0 == 0xf0 => Look::Binary,
            _ => Look::Mp3,
        }),
        _ if !wide && head.contains(&0) => Some(Look::Binary),
        _ => None,
    }
}

/// Whether a WebP moves: its first chunk says so in a flag.
fn is_animated(head: &[u8]) -> bool {
    head.get(12..16) == Some(b"VP8X") && head.get(20).is_some_and(|flags| flags & 0x02 != 0)
}

/// Whether bytes begin a page of HTML.
pub fn is_html(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    [&b"<!doctype html"[..], b"<html", b"<head", b"<body", b"<script"]
        .iter()
        .any(|mark| text.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark)))
}

#[cfg(test)]
mod tests;
