//! Types, sizes and first bytes.

use super::*;
use MediaKind::{Audio, Document, Image, Sticker, Video};

/// A file's beginning of each type, as real files have it.
pub const HEADS: &[(&str, &[u8])] = &[
    ("image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"),
    ("image/png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
    ("image/webp", b"RIFF\x24\x00\x00\x00WEBPVP8 "),
    ("video/mp4", b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00"),
    ("video/3gpp", b"\x00\x00\x00\x1cftyp3gp4\x00\x00\x03\x00"),
    ("audio/aac", b"\xff\xf1\x50\x80\x00\x1f\xfc"),
    ("audio/mpeg", b"ID3\x04\x00\x00\x00\x00\x00\x00"),
    ("audio/mpeg", b"\xff\xfb\x90\x64\x00"),
    ("audio/amr", b"#!AMR\n\x3c"),
    ("audio/mp4", b"\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00"),
    ("audio/ogg", b"OggS\x00\x02\x00\x00"),
    ("application/pdf", b"%PDF-1.7\n%\xe2\xe3"),
    ("application/pdf", b"\x00\x01junk before\n%PDF-1.4\n"),
    ("application/msword", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00"),
    ("application/vnd.ms-excel", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00"),
    ("application/vnd.ms-powerpoint", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04\x14\x00"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04\x14\x00"),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", b"PK\x03\x04\x14\x00"),
    ("text/plain", b"Hello"),
    ("text/plain", b"\xff\xfeH\x00i\x00"),
    ("text/plain", b"<html>shown as text"),
];

/// A file of the name `voice` could not be opened by who downloads it.
#[test]
fn a_name_gets_an_ending_of_its_type() {
    for (mime, name, fitting) in [
        ("audio/ogg", "voice", "voice.ogg"),
        ("audio/ogg; codecs=opus", "voice.OPUS", "voice.OPUS"),
        ("audio/ogg", "voice.bin", "voice.bin.ogg"),
        ("audio/mp4", "a.mp4", "a.mp4"),
        ("audio/ogg", ".ogg", ".ogg.ogg"),
        ("application/pdf", "", "file.pdf"),
        ("application/pdf", "bill. ", "bill.pdf"),
        ("image/jpeg", "ünter.png", "ünter.png.jpg"),
    ] {
        let chosen = choose("mime_type", Some(mime), name, None).unwrap();
        assert_eq!(chosen.media_type.fitting_name(name.to_owned(), 240), fitting, "{mime} {name}");
    }
    let jpeg = choose("mime_type", Some("image/jpeg"), "", None).unwrap().media_type;
    let long = jpeg.fitting_name("é".repeat(500), 240);
    assert!(long.chars().count() == 240 && long.ends_with(".jpg"));
}

#[test]
fn the_type_is_the_one_given_or_that_of_the_ending() {
    for (given, name, wanted, found) in [
        (None, "a.jpg", None, Some("image/jpeg")),
        (None, "A.JPEG", Some(Image), Some("image/jpeg")),
        (None, "a.b.png", Some(Image), Some("image/png")),
        (None, "a.webp", Some(Sticker), Some("image/webp")),
        (None, "a.webp", Some(Image), None),
        (None, "a.jpg", Some(Sticker), None),
        (None, "a.mp4", None, Some("video/mp4")),
        (None, "a.mp4", Some(Video), Some("video/mp4")),
        (None, "a.mp4", Some(Audio), Some("audio/mp4")),
        (None, "a.mp3", Some(Video), None),
        (None, "a.opus", Some(Audio), Some("audio/ogg")),
        (None, "a.pdf", Some(Document), Some("application/pdf")),
        (None, "a.jpg", Some(Document), Some("image/jpeg")),
        (None, "a.pdf", Some(Image), None),
        (None, "a.exe", None, None),
        (None, "a.gif", Some(Image), None),
        (None, "a", None, None),
        (None, ".jpg", None, None),
        (None, "a.", None, None),
        (None, "", None, None),
        (Some("image/jpeg"), "a.png", None, Some("image/jpeg")),
        (Some(" Image/JPG "), "", None, Some("image/jpeg")),
        (Some("audio/ogg; codecs=opus"), "a", Some(Audio), Some("audio/ogg; codecs=opus")),
        (Some("audio/mp3"), "a", Some(Audio), Some("audio/mpeg")),
        (Some("video/3gp"), "a", Some(Video), Some("video/3gp")),
        (Some("image/gif"), "a.jpg", None, None),
        (Some(""), "a.jpg", None, None),
        (Some("image/jpeg\r\nX: y"), "a.jpg", None, None),
        (Some("image/jpeg; x=\u{e9}"), "a.jpg", None, None),
    ] {
        let chosen = choose("here", given, name, wanted);
        assert_eq!(chosen.as_ref().ok().map(|it| it.text.as_str()), found, "{given:?} {name} {wanted:?}");
        if let Err(error) = chosen {
            assert_eq!(
                (error.status, error.argument.as_deref()),
                (Status::Argument, Some("here")),
                "{error}"
            );
            assert!(error.hint.unwrap().contains("image/jpeg"), "the hint lists the types");
        }
    }
    assert!(choose("here", Some(&format!("image/jpeg; x={}", "y".repeat(100))), "", None).is_err());
}

#[test]
fn first_bytes_fit_their_type_and_no_other() {
    for (mime, head) in HEADS {
        of_name(mime).unwrap().check_head("here", head).unwrap();
    }
    for (mime, head, says) in [
        ("image/jpeg", HEADS[1].1, "PNG"),
        ("image/png", HEADS[0].1, "JPEG"),
        ("image/jpeg", b"<!DOCTYPE html><html>", "HTML"),
        ("image/jpeg", b"\xef\xbb\xbf \n<HTML>", "HTML"),
        ("image/jpeg", b"GIF89a", "GIF"),
        ("image/jpeg", b"hello", "does not look like it"),
        ("image/webp", b"RIFF\x24\x00\x00\x00WAVEfmt ", "WAV"),
        ("video/mp4", b"\x00\x00\x00\x14ftypqt  \x00\x00", "QuickTime"),
        ("video/mp4", b"\x1a\x45\xdf\xa3\x01", "WebM"),
        ("image/jpeg", b"\x00\x00\x00\x18ftypheic\x00\x00", "HEIF"),
        ("audio/mpeg", HEADS[5].1, "AAC"),
        ("audio/mpeg", b"<html>", "HTML"),
        ("audio/aac", HEADS[6].1, "MP3"),
        ("audio/ogg", b"ID3\x04", "MP3"),
        ("application/pdf", b"PK\x03\x04", "ZIP"),
        ("application/pdf", b"<html>", "HTML"),
        ("application/msword", b"PK\x03\x04", "ZIP"),
        ("application/vnd.ms-excel", b"PK\x03\x04", "ZIP"),
        ("text/plain", b"MZ\x90\x00\x03\x00", "no text"),
        ("text/plain", HEADS[0].1, "JPEG"),
    ] {
        let error = of_name(mime).unwrap().check_head("here", head).unwrap_err();
        assert!(error.message.contains(says) && error.message.contains(mime), "{mime}: {error}");
        assert_eq!((error.status, error.argument.as_deref()), (Status::Argument, Some("here")));
    }
}

#[test]
fn each_type_takes_its_own_first_bytes_only() {
    for it in TYPES {
        for (mime, head) in HEADS {
            let same = it.looks == of_name(mime).unwrap().looks
                || it.looks.iter().any(|wanted| look(head) == Some(*wanted))
                || it.unmarked && look(head).is_none();
            assert_eq!(it.check_head("", head).is_ok(), same, "{} {mime}", it.mime);
        }
    }
}

#[test]
fn sizes_have_limits_and_errors_name_them() {
    for (mime, most, named) in [
        ("image/png", 5 << 20, "5 MB"),
        ("audio/aac", 16 << 20, "16 MB"),
        ("video/mp4", 16 << 20, "16 MB"),
        ("application/pdf", 100 << 20, "100 MB"),
        ("image/webp", 500 << 10, "500 KB"),
    ] {
        let it = of_name(mime).unwrap();
        assert!(it.check_size("here", 1).is_ok() && it.check_size("here", most).is_ok(), "{mime}");
        let error = it.check_size("here", most + 1).unwrap_err();
        assert!(error.message.contains(named) && error.message.contains(&(most + 1).to_string()), "{error}");
        assert!(it.check_size("here", 0).unwrap_err().message.contains("empty"));
    }
}

#[test]
fn a_sticker_may_be_larger_where_it_moves() {
    let webp = of_name("image/webp").unwrap();
    let head = |chunk: &[u8], flags: u8| [b"RIFF\0\0\0\0WEBP", chunk, b"\x0a\0\0\0", &[flags]].concat();
    for (head, bytes, fits) in [
        (head(b"VP8X", 0x02), 500 << 10, true),
        (head(b"VP8X", 0x12), 101 << 10, true),
        (head(b"VP8X", 0x10), 100 << 10, true),
        (head(b"VP8X", 0x10), (100 << 10) + 1, false),
        (head(b"VP8 ", 0x02), (100 << 10) + 1, false),
        (head(b"VP8L", 0x02), (100 << 10) + 1, false),
        (b"RIFF\0\0\0\0WEBPVP8X".to_vec(), (100 << 10) + 1, false),
    ] {
        let checked = webp.check_still("here", &head, bytes);
        assert_eq!(checked.is_ok(), fits, "{head:?} {bytes}");
        if let Err(error) = checked {
            assert!(error.message.contains("100 KB"), "{error}");
            assert_eq!((error.status, error.argument.as_deref()), (Status::Argument, Some("here")));
        }
    }
    assert!(of_name("image/png").unwrap().check_still("here", b"", 1 << 20).is_ok(), "no sticker");
}

#[test]
fn fetched_media_gets_the_ending_of_its_type() {
    for (mime, ending) in [
        (Some("image/jpeg"), "jpg"),
        (Some("audio/ogg; codecs=opus"), "ogg"),
        (Some("Video/3GP"), "bin"),
        (Some("video/3gpp"), "3gp"),
        (Some("audio/mp4"), "m4a"),
        (Some("x/y"), "bin"),
        (Some("../../x"), "bin"),
        (None, "bin"),
    ] {
        assert_eq!(ending_for(mime), ending, "{mime:?}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_and_names_can_be_looked_at(head in proptest::collection::vec(proptest::num::u8::ANY, 0..64), name in ".{0,40}", given in ".{0,40}") {
        let _ = look(&head);
        let _ = choose("x", None, &name, None);
        if let Ok(chosen) = choose("x", Some(&given), &name, None) {
            let _ = chosen.media_type.check_head("x", &head);
            assert!(reqwest::header::HeaderValue::from_str(&chosen.text).is_ok());
        }
    }
}
