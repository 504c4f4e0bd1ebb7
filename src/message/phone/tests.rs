//! Readings of numbers: by example, and over every country of the metadata.

use super::*;
use phonenumber::metadata::{DATABASE, Metadata};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

fn of(letters: &str) -> Option<Country> {
    country("default_country", letters).ok()
}

fn read(text: &str, country: &str) -> Result<String> {
    Phone::read("to", text, of(country)).map(|phone| phone.e164().to_owned())
}

#[test]
fn forms_that_people_write() {
    for (text, country, e164) in [
        ("+14155238886", "", "+14155238886"),
        ("whatsapp:+1 (415) 523-8886", "", "+14155238886"),
        ("0014155238886", "", "+14155238886"),
        ("14155238886", "", "+14155238886"),
        ("+1 500 555 0006", "", "+15005550006"),
        ("0151 23456789", "DE", "+4915123456789"),
        ("4915123456789", "DE", "+4915123456789"),
        ("+55 11 96123-4567", "", "+5511961234567"),
        ("+49 (0)151 23456789", "", "+4915123456789"),
        ("+39 06 698 12345", "", "+390669812345"),
        ("+1 202 555 0101", "", "+12025550101"),
        ("(+49) 151 23456789", "", "+4915123456789"),
        ("+٤٩١٥١٢٣٤٥٦٧٨٩", "", "+4915123456789"),
        ("\u{202a}+49\u{a0}151\u{2011}23456789\u{202c}", "", "+4915123456789"),
        ("+54 11 15 2345 6789", "", "+5491123456789"),
        ("06 698 12345", "IT", "+390669812345"),
        ("8 912 345-67-89", "RU", "+79123456789"),
        ("0 15 11 98765-4321", "BR", "+5511987654321"),
    ] {
        let phone = read(text, country).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(phone, e164, "{text}");
    }
}

#[test]
fn what_is_no_number_is_refused() {
    for text in [
        "",
        " ",
        "+",
        "abc",
        "+1",
        "123",
        "0151 23456789",
        "+999999999999",
        "+1415523888x",
        "1+4155238886",
        "😀",
        "+1415523888612345678",
        "+4915123456789\n+4915123456780",
        "++4915123456789",
    ] {
        let error = read(text, "").unwrap_err();
        assert_eq!(error.status, Status::Recipient, "{text}");
        assert_eq!(error.argument.as_deref(), Some("to"));
        assert!(error.hint.is_some(), "{text}");
    }
    // +491645: a number of Germany, and too short to be anybody's.
    assert!(read("01645", "DE").is_err());
    let error = read("0151 23456789", "").unwrap_err();
    assert!(error.message.contains("no country code"), "{error}");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("default_country")), "{error}");
}

/// The order in which a number without a plus is read.
#[test]
fn a_national_number_stays_at_home() {
    for (text, country, number) in [
        // Valid at home, and valid abroad as digits: Belgium, New Zealand, Norway.
        ("(323) 555-1234", "US", Some("+13235551234")),
        ("3235551234", "US", Some("+13235551234")),
        ("646-555-1234", "US", Some("+16465551234")),
        ("479 523 4567", "US", Some("+14795234567")),
        ("604 555 1234", "CA", Some("+16045551234")),
        ("(47) 98765-4321", "BR", Some("+5547987654321")),
        ("345 123 4567", "IT", Some("+393451234567")),
        // A mistyped one is not Norway.
        ("479 123 4567", "US", None),
        ("4791234567", "US", None),
        ("345 12 345", "IT", None),
        // The own country code before the rest.
        ("1 (415) 523-8886", "US", Some("+14155238886")),
        ("49 151 23456789", "DE", Some("+4915123456789")),
        ("49 0151 23456789", "DE", Some("+4915123456789")),
        // Abroad: with a plus, or digits alone that are no number's at home.
        ("+4791234567", "US", Some("+4791234567")),
        ("004791234567", "US", Some("+4791234567")),
        ("4915123456789", "US", Some("+4915123456789")),
        ("49 151 23456789", "US", None),
        ("14155238886", "DE", None),
        // A WhatsApp id of New Jersey, not a Mexican number of old.
        ("15512345678", "MX", Some("+15512345678")),
        // Without a default country: ids, or a plus.
        ("4791234567", "", Some("+4791234567")),
        ("47 91 23 45 67", "", None),
        ("(323) 555-1234", "", None),
    ] {
        match (read(text, country), number) {
            (Ok(read), Some(number)) => assert_eq!(read, number, "{text} in {country}"),
            (Err(error), None) => {
                let hint = error.hint.as_deref().unwrap_or_default();
                assert!(hint.contains('+'), "{text}: {error} {hint}");
            }
            (read, number) => panic!("{text} in {country}: {read:?}, not {number:?}"),
        }
    }
}

#[test]
fn forms_that_only_whatsapp_writes() {
    for (text, country, number) in [
        ("+5215512345678", "", Some("+5215512345678")),
        ("5215512345678", "", Some("+5215512345678")),
        ("+52 1 55 1234 5678", "US", Some("+5215512345678")),
        ("5215512345678", "MX", Some("+5215512345678")),
        ("551187654321", "", Some("+551187654321")),
        ("+55 31 6123-4567", "", Some("+553161234567")),
        ("551187654321", "BR", Some("+551187654321")),
        ("5491123456789", "", Some("+5491123456789")),
        ("541123456789", "", Some("+541123456789")),
        ("+54 341 523-4567", "", Some("+543415234567")),
        // No area code of Mexico; a Brazilian number too short; a wrong area.
        ("+5210012345678", "", None),
        ("+55 11 8765 432", "", None),
        ("+552087654321", "", None),
        // Dialled at home it might be a number with a digit left out.
        ("11 8765-4321", "BR", None),
    ] {
        assert_eq!(read(text, country).ok().as_deref(), number, "{text} in {country}");
    }
}

#[test]
fn a_doubtful_id_is_one_that_reads_otherwise() {
    for (text, country, doubtful) in [
        ("4795234567", "US", true),
        ("4791234567", "US", true),
        ("120295550113", "", true),
        ("+120295550113", "US", true),
        ("4795234567", "", false),
        ("+4795234567", "US", false),
        ("(479) 523-4567", "US", false),
        ("0151 23456789", "DE", false),
        ("abc", "", false),
        ("123", "", false),
    ] {
        let phone = Phone::read("to", text, of(country)).ok();
        assert_eq!(doubtful_id(text, phone.as_ref()).is_some(), doubtful, "{text} in {country}");
    }
}

#[test]
fn a_country_has_telephones() {
    assert!(of("DE").is_some() && of("us").is_some());
    for letters in ["", "D", "Germany", "XX", "UK"] {
        assert!(of(letters).is_none(), "{letters}");
    }
}

/// The five numbers that the simulator's test number may write to.
#[test]
fn the_recipients_of_a_test_number_are_numbers() {
    let source = include_str!("../../../tests/simulator/src/meta/numbers.rs");
    let list = source.split_once("TEST_RECIPIENTS").and_then(|(_, rest)| rest.split_once(';')).unwrap().1;
    let list = list.split_once(';').unwrap().0;
    let numbers: Vec<&str> = list.split('"').filter(|part| part.starts_with('+')).collect();
    assert_eq!(numbers.len(), 5);
    for number in numbers {
        assert_eq!(read(number, "").ok().as_deref(), Some(number));
    }
}

/// Numbers of a country that its plan knows, two of every kind.
fn numbers_of(country: &Metadata, runner: &mut TestRunner) -> Vec<String> {
    let kinds = country.descriptors();
    let kinds = [
        kinds.mobile(),
        kinds.fixed_line(),
        kinds.voip(),
        kinds.personal_number(),
        kinds.uan(),
        kinds.toll_free(),
        kinds.shared_cost(),
        kinds.premium_rate(),
    ];
    let mut numbers = Vec::new();
    for kind in kinds.into_iter().flatten() {
        numbers.extend(kind.example().map(str::to_owned));
        let pattern: String = kind.national_number().as_str().split_whitespace().collect();
        let texts = proptest::string::string_regex(&pattern.replace(r"\d", "[0-9]")).unwrap();
        numbers.extend((0..2).map(|_| texts.new_tree(runner).unwrap().current()));
    }
    let code = country.country_code();
    numbers.retain(|number| plan::is_whole(&format!("{code}{number}")));
    numbers
}

/// Every country that can be a default country.
fn countries() -> impl Iterator<Item = (Country, &'static Metadata)> {
    let mut all: Vec<_> = DATABASE.iter().filter_map(|plan| Some((plan.id().parse().ok()?, plan))).collect();
    all.sort_by_key(|(_, plan)| plan.id());
    all.into_iter()
}

#[test]
fn no_valid_national_number_leaves_its_country() {
    let mut runner = TestRunner::deterministic();
    let (mut countries_seen, mut seen) = (0, 0);
    for (country, plan) in countries() {
        let code = plan.country_code();
        let numbers = numbers_of(plan, &mut runner);
        countries_seen += usize::from(!numbers.is_empty());
        for number in numbers {
            seen += 1;
            let whole = format!("+{code}{number}");
            let prefixed = format!("{}{number}", plan.national_prefix().unwrap_or_default());
            let spaced = format!("({}) {}", &number[..2], &number[2..]);
            for text in [&number, &prefixed, &spaced] {
                // 00 is dialled for abroad.
                if text.trim_start_matches('(').starts_with("00") {
                    continue;
                }
                let read = Phone::read("to", text, Some(country)).map(|phone| phone.e164().to_owned());
                let at_home = match &read {
                    // It begins with the country code, and the rest is a number as well.
                    Ok(read) if text.starts_with(&code.to_string()) => read.starts_with(&format!("+{code}")),
                    Ok(read) => *read == whole || (text != &number && read.starts_with(&format!("+{code}"))),
                    Err(_) => false,
                };
                assert!(at_home, "{text} in {}: {read:?}, not {whole}", plan.id());
            }
            let read = Phone::read("to", &whole, Some(country)).map(|phone| phone.e164().to_owned());
            assert_eq!(read.ok().as_deref(), Some(whole.as_str()));
        }
    }
    assert!(countries_seen > 240 && seen > 3000, "{seen} numbers of {countries_seen} countries");
}

/// Digits that could be dialled in the country are never read as a number of
/// another one, and what is read abroad is read as it stands.
#[test]
fn no_wrong_national_number_lands_in_another_country() {
    let mut runner = TestRunner::deterministic();
    let (mut refused, mut home, mut abroad) = (0, 0, 0);
    for (country, own) in countries() {
        let digits = proptest::string::string_regex("[1-9][0-9]{5,12}").unwrap();
        let wrong: Vec<String> = (0..6).map(|_| digits.new_tree(&mut runner).unwrap().current()).collect();
        // Whole numbers of other countries, which look like a number at home.
        let foreign = ["4791234567", "3235551234", "85291234567"];
        for digits in wrong.iter().map(String::as_str).chain(foreign) {
            for text in [digits.to_owned(), format!("{} {}", &digits[..3], &digits[3..])] {
                match Phone::read("to", &text, Some(country)) {
                    Err(_) => refused += 1,
                    Ok(phone) if phone.e164().starts_with(&format!("+{}", own.country_code())) => home += 1,
                    Ok(phone) => {
                        abroad += 1;
                        assert_eq!(phone.e164(), format!("+{text}"), "{text} in {}", own.id());
                        assert!(!plan::is_possible_length(own, digits), "{text} in {}", own.id());
                    }
                }
            }
        }
    }
    assert!(refused > 1000 && home > 50 && abroad > 50, "{refused} {home} {abroad}");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,80}") {
        if let Ok(phone) = Phone::read("to", &text, country("c", "US").ok()) {
            prop_assert!(phone.e164().starts_with('+'));
            prop_assert!(phone.e164()[1..].bytes().all(|b| b.is_ascii_digit()));
        }
    }

    #[test]
    fn what_was_read_reads_as_itself(text in "(\\+|00)?[0-9 ()-]{6,18}", at in 0usize..6) {
        let own = of(["", "US", "DE", "MX", "BR", "AR"][at]);
        if let Ok(phone) = Phone::read("to", &text, own) {
            let again = Phone::read("to", phone.e164(), None).map(|phone| phone.e164().to_owned());
            prop_assert_eq!(again.ok(), Some(phone.e164().to_owned()));
            prop_assert!(forms(&phone.e164()[1..]).iter().all(|form| person(form) == person(phone.e164())));
        }
    }
}
