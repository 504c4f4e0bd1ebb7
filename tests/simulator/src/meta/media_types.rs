//! The media types WhatsApp takes, and how large each may be.

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Audio,
    Document,
    Image,
    Sticker,
    Video,
}

const KB: usize = 1024;
const MB: usize = 1024 * KB;

const TYPES: &[(&str, Kind, usize)] = &[
    ("audio/aac", Kind::Audio, 16 * MB),
    ("audio/amr", Kind::Audio, 16 * MB),
    ("audio/mpeg", Kind::Audio, 16 * MB),
    ("audio/mp4", Kind::Audio, 16 * MB),
    ("audio/ogg", Kind::Audio, 16 * MB),
    ("text/plain", Kind::Document, 100 * MB),
    ("application/pdf", Kind::Document, 100 * MB),
    ("application/msword", Kind::Document, 100 * MB),
    ("application/vnd.ms-excel", Kind::Document, 100 * MB),
    ("application/vnd.ms-powerpoint", Kind::Document, 100 * MB),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", Kind::Document, 100 * MB),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Kind::Document, 100 * MB),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", Kind::Document, 100 * MB),
    ("image/jpeg", Kind::Image, 5 * MB),
    ("image/png", Kind::Image, 5 * MB),
    // static ones 100 KB, animated ones this
    ("image/webp", Kind::Sticker, 500 * KB),
    ("video/mp4", Kind::Video, 16 * MB),
    ("video/3gpp", Kind::Video, 16 * MB),
    ("video/3gp", Kind::Video, 16 * MB),
];

/// Kind and largest size; parameters such as `; codecs=opus` do not count.
pub fn look_up(mime: &str) -> Option<(Kind, usize)> {
    let bare = mime.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    TYPES.iter().find(|(t, _, _)| *t == bare).map(|(_, kind, size)| (*kind, *size))
}

pub fn all() -> String {
    TYPES.iter().map(|(t, _, _)| *t).collect::<Vec<_>>().join(", ")
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Image => "image",
            Self::Sticker => "sticker",
            Self::Video => "video",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Audio, Self::Document, Self::Image, Self::Sticker, Self::Video]
            .into_iter()
            .find(|k| k.name() == text)
    }
}
