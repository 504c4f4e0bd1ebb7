//! The host's id of a contact.

/// An id in the one form in which it is kept, searched and given back. Hosts
/// write the same GUID in capitals or small letters, with braces or without;
/// any other id stays as it is.
pub fn one_form(id: String) -> String {
    let bare = id.strip_prefix('{').and_then(|id| id.strip_suffix('}')).unwrap_or(&id);
    if is_guid(bare) { bare.to_ascii_lowercase() } else { id }
}

/// The forms in which rows may have an id: the one that is kept, and those of
/// a GUID in which versions before the tables' version 3 kept what hosts wrote.
pub fn kept_forms(id: String) -> Vec<String> {
    let one = one_form(id);
    if !is_guid(&one) {
        return vec![one];
    }
    let capitals = one.to_ascii_uppercase();
    let braces = [format!("{{{one}}}"), format!("{{{capitals}}}")];
    let mut forms = vec![one, capitals];
    forms.extend(braces);
    // Without letters the capitals are the same.
    forms.dedup();
    forms
}

/// Groups of 8, 4, 4, 4 and 12 hexadecimal digits. Without dashes it may be an
/// id of another kind.
fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_has_one_form() {
        let guid = "6f9619ff-8b86-d011-b42d-00cf4fc964ff";
        for (written, kept) in [
            (guid, guid),
            ("6F9619FF-8B86-D011-B42D-00CF4FC964FF", guid),
            ("{6F9619FF-8B86-D011-B42D-00CF4FC964FF}", guid),
            ("{6f9619ff-8b86-d011-b42d-00cf4fc964ff}", guid),
            // No GUIDs.
            ("6F9619FF8B86D011B42D00CF4FC964FF", "6F9619FF8B86D011B42D00CF4FC964FF"),
            ("{6F9619FF-8B86-D011-B42D-00CF4FC964FF", "{6F9619FF-8B86-D011-B42D-00CF4FC964FF"),
            ("6F9619FF-8B86-D011-B42D-00CF4FC964FG", "6F9619FF-8B86-D011-B42D-00CF4FC964FG"),
            ("Contact-1", "Contact-1"),
            ("{A}", "{A}"),
            ("", ""),
        ] {
            assert_eq!(one_form(written.to_owned()), kept);
        }
    }
}
