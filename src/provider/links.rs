//! What a link's ending tells of the media behind it.

use crate::message::content::MediaKind;
use url::Url;

/// Endings of each kind: those of types that WhatsApp takes, and others that
/// people use.
const ENDINGS: [(MediaKind, &[&str], &[&str]); 5] = [
    (
        MediaKind::Image,
        &["jpg", "jpeg", "jpe", "png"],
        &["gif", "heic", "heif", "avif", "bmp", "tif", "tiff", "svg"],
    ),
    (MediaKind::Video, &["mp4", "3gp", "3gpp"], &["mov", "avi", "mkv", "webm", "wmv", "m4v", "mpg", "mpeg"]),
    (
        MediaKind::Audio,
        &["mp3", "ogg", "oga", "opus", "aac", "amr", "m4a"],
        &["wav", "flac", "wma", "aif", "aiff", "caf"],
    ),
    (
        MediaKind::Document,
        &["pdf", "txt", "doc", "docx", "xls", "xlsx", "ppt", "pptx"],
        &["vcf", "csv", "zip", "rtf", "odt", "ods", "odp", "html", "xml", "json"],
    ),
    (MediaKind::Sticker, &["webp"], &[]),
];

/// What an ending tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// What it is.
    pub kind: MediaKind,
    /// WhatsApp takes such media.
    pub taken: bool,
}

/// What the ending of a link's path tells; `None` where it tells nothing.
pub fn ending(link: &str) -> Option<Ending> {
    let name = name(link)?.to_ascii_lowercase();
    let (_, ending) = name.rsplit_once('.')?;
    ENDINGS.iter().find_map(|(kind, taken, others)| {
        let taken = taken.contains(&ending);
        (taken || others.contains(&ending)).then_some(Ending { kind: *kind, taken })
    })
}

/// The name of the file that a link leads to.
pub fn name(link: &str) -> Option<String> {
    let url = Url::parse(link).ok()?;
    url.path_segments()?.next_back().filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_s_ending_counts() {
        for (end, kind, taken) in [
            ("a.PDF?x=1", Some(MediaKind::Document), true),
            ("a.tar.mp4#t=1", Some(MediaKind::Video), true),
            ("a.gif", Some(MediaKind::Image), false),
            ("a.webp", Some(MediaKind::Sticker), true),
            ("show.php?file=a.gif", None, false),
            ("pdf", None, false),
            ("", None, false),
        ] {
            let found = ending(&format!("https://example.com/{end}"));
            assert_eq!(found, kind.map(|kind| Ending { kind, taken }), "{end}");
        }
    }
}
