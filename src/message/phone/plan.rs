//! The numbering plans of the countries.

use phonenumber::country::Id as Country;
use phonenumber::metadata::{DATABASE, Descriptor, Metadata};

/// How many digits a number has, with its country code.
const LENGTHS: std::ops::RangeInclusive<usize> = 7..=15;

/// The numbering plan of a country; none where it has no telephones of its own.
pub fn of(country: Country) -> Option<&'static Metadata> {
    DATABASE.by_id(country.as_ref())
}

/// Whether the digits are a country code and a whole number behind it. The
/// shortest numbers of a country, such as a network's own services, are none.
pub fn is_whole(digits: &str) -> bool {
    // No country code begins with 0.
    LENGTHS.contains(&digits.len())
        && !digits.starts_with('0')
        && countries(digits).any(|(country, national)| is_number_of(country, national))
}

/// The countries whose code the digits begin with, and what stands behind it.
fn countries(digits: &str) -> impl Iterator<Item = (&'static Metadata, &str)> {
    (1..=3).filter(|length| *length < digits.len()).flat_map(move |length| {
        let (code, national) = digits.split_at(length);
        let found = code.parse::<u16>().ok().and_then(|code| DATABASE.by_code(&code));
        found.unwrap_or_default().into_iter().map(move |country| (country, national))
    })
}

/// The crate's own definition of a valid number, asked for the commonest kinds
/// first, which is several times quicker than its general answer.
fn is_number_of(country: &Metadata, national: &str) -> bool {
    country.descriptors().general().is_match(national) && kinds(country).any(|kind| kind.is_match(national))
}

/// The kinds of numbers that people have.
fn kinds(country: &Metadata) -> impl Iterator<Item = &Descriptor> {
    let kinds = country.descriptors();
    [
        kinds.mobile(),
        kinds.fixed_line(),
        kinds.voip(),
        kinds.personal_number(),
        kinds.uan(),
        kinds.toll_free(),
        kinds.shared_cost(),
        kinds.premium_rate(),
        kinds.pager(),
        kinds.voicemail(),
    ]
    .into_iter()
    .flatten()
}

/// The number of a country that the digits are when they are dialled in it:
/// with its country code. Countries that share a code dial each other without.
pub fn national(country: &Metadata, digits: &str) -> Option<String> {
    let code = country.country_code();
    readings(country, digits)
        .into_iter()
        .map(|national| format!("{code}{national}"))
        .find(|whole| is_whole(whole))
}

/// A number that has a national prefix behind its country code, as in
/// `+49 (0)151`, without the prefix.
pub fn without_prefix(digits: &str) -> Option<String> {
    if digits.starts_with('0') {
        return None;
    }
    countries(digits).find_map(|(country, rest)| national(country, rest))
}

/// Whether a number of the country can have so many digits, dialled in the
/// country or in one of its towns.
pub fn is_possible_length(country: &Metadata, digits: &str) -> bool {
    let lengths = |kind: &Descriptor, length: u16| {
        kind.possible_length().contains(&length) || kind.possible_local_length().contains(&length)
    };
    readings(country, digits).iter().any(|national| {
        u16::try_from(national.len()).is_ok_and(|length| kinds(country).any(|kind| lengths(kind, length)))
    })
}

/// What digits can mean in a country: as they are, and without what is dialled
/// before a number there.
fn readings(country: &Metadata, digits: &str) -> Vec<String> {
    let mut readings = vec![digits.to_owned()];
    if let Some(prefix) = country.national_prefix_for_parsing()
        && let Some(groups) = prefix.captures(digits)
        && let Some(whole) = groups.get(0).filter(|whole| whole.start() == 0)
    {
        // The rule puts the groups in order; it stands for the last of them.
        let last = (groups.len() > 1).then(|| groups.get(groups.len() - 1)).flatten();
        readings.push(match (country.national_prefix_transform_rule(), last) {
            (Some(rule), Some(_)) => prefix.replace(digits, rule).into_owned(),
            _ => digits[whole.end()..].to_owned(),
        });
    }
    if let Some(rest) = country.national_prefix().and_then(|prefix| digits.strip_prefix(prefix)) {
        readings.push(rest.to_owned());
    }
    readings
}
