//! One person, however WhatsApp writes their number.
//!
//! In three countries WhatsApp reports a number in another form than the one
//! that is dialled, and takes messages to either. It keeps the form in which a
//! person once signed up, so the forms cannot be told apart by looking.

/// The forms of the person's number, digits only. The first is the same for
/// all of them.
pub fn forms(digits: &str) -> Vec<String> {
    let (code, national) = digits.split_at_checked(2).unwrap_or((digits, ""));
    let other = match code {
        // Mexico: until 2019 mobile numbers had a 1 behind the country code.
        "52" => with_or_without('1', national),
        // Argentina: mobile numbers have a 9 there, for calls from abroad.
        "54" => with_or_without('9', national),
        "55" => ninth_digit(national),
        _ => None,
    };
    match other {
        Some(nationals) => nationals.map(|national| format!("{code}{national}")).into(),
        None => vec![digits.to_owned()],
    }
}

/// Ten digits, and the same with this one before them.
fn with_or_without(first: char, national: &str) -> Option<[String; 2]> {
    let ten = match national.len() {
        10 => national,
        11 => national.strip_prefix(first)?,
        _ => return None,
    };
    Some([ten.to_owned(), format!("{first}{ten}")])
}

/// Brazil: two digits of the area, and a mobile number of eight digits from 6
/// or higher, which got a 9 before them between 2012 and 2016. Lines in houses
/// begin with 2 to 5.
fn ninth_digit(national: &str) -> Option<[String; 2]> {
    let (area, number) = national.split_at_checked(2)?;
    let eight = match number.len() {
        8 => number,
        9 => number.strip_prefix('9')?,
        _ => return None,
    };
    let mobile = !area.contains('0') && eight.starts_with(['6', '7', '8', '9']);
    mobile.then(|| [format!("{area}9{eight}"), format!("{area}{eight}")])
}

/// The person behind an address as a provider or the history writes it: the
/// same text for all forms of their number. An address that is no number is
/// its own.
pub fn person(address: &str) -> String {
    let number = address.strip_prefix("whatsapp:").unwrap_or(address);
    let digits = number.strip_prefix('+').unwrap_or(number);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return address.to_owned();
    }
    format!("+{}", forms(digits).swap_remove(0))
}

/// The addresses of the same person, written as this one: first itself, then
/// the other forms of their number.
pub fn addresses(address: &str) -> Vec<String> {
    let digits = address.trim_start_matches("whatsapp:").trim_start_matches('+');
    let mut all = vec![address.to_owned()];
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let before = address.strip_suffix(digits).unwrap_or_default();
        let others = forms(digits).into_iter().filter(|form| form != digits);
        all.extend(others.map(|form| format!("{before}{form}")));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_a_person_are_written_alike() {
        for (address, others) in [
            ("whatsapp:+525512345678", &["whatsapp:+5215512345678"][..]),
            ("+551161234567", &["+5511961234567"]),
            ("5491123456789", &["541123456789"]),
            ("whatsapp:+14155238886", &[]),
            ("US.13491208655302741918", &[]),
            ("", &[]),
        ] {
            let all = addresses(address);
            assert!(all[0] == address && all[1..] == *others, "{all:?}");
            assert!(all.iter().all(|one| person(one) == person(address)), "{address}");
        }
    }

    #[test]
    fn all_forms_of_a_number_are_one_person() {
        for (person_is, written) in [
            ("+525512345678", &["+5215512345678", "525512345678", "whatsapp:+5215512345678"][..]),
            ("+5511961234567", &["+5511961234567", "551161234567", "whatsapp:+551161234567"]),
            ("+5531987654321", &["5531987654321", "553187654321"]),
            ("+541123456789", &["+5491123456789", "541123456789", "whatsapp:+5491123456789"]),
            ("+543412345678", &["5493412345678", "+543412345678"]),
            // A line in a house, and the ninth digit of a newer mobile number.
            ("+551132345678", &["551132345678"]),
            ("+5511932345678", &["5511932345678"]),
            // Free of charge: the digits only look alike.
            ("+558001234567", &["558001234567"]),
            ("+14155238886", &["14155238886", "whatsapp:+14155238886"]),
            ("US.13491208655302741918", &["US.13491208655302741918"]),
            ("", &[""]),
        ] {
            for text in written {
                assert_eq!(person(text), person_is, "{text}");
            }
        }
    }

    #[test]
    fn forms_are_closed() {
        for digits in ["525512345678", "5215512345678", "5511961234567", "541123456789", "14155238886", "5"] {
            let all = forms(digits);
            assert!(all.iter().any(|form| form == digits), "{digits}: {all:?}");
            assert!(all.iter().all(|form| forms(form) == all), "{digits}: {all:?}");
        }
    }
}
