//! A place, as `PersistentAction` writes it: `geo:{latitude},{longitude}` or `geo:{latitude},{longitude}|{label}`.

pub fn is_place(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("geo:") else { return false };
    let (point, label) = rest.split_once('|').map_or((rest, None), |(point, label)| (point, Some(label)));
    let Some((latitude, longitude)) = point.split_once(',') else { return false };
    is_degrees(latitude, 90.0) && is_degrees(longitude, 180.0) && label != Some("")
}

/// A plain decimal number: no exponent, no plus.
fn is_degrees(text: &str, most: f64) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-')
        && text.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= most)
}

#[cfg(test)]
mod tests {
    use super::is_place;

    #[test]
    fn places_have_their_shape() {
        for good in
            ["geo:37.78,-122.39", "geo:-90,180|375 Beale St", "geo:0,0|a|b", "geo:52.5,13.4|Café, Berlin"]
        {
            assert!(is_place(good), "{good}");
        }
        for bad in [
            "",
            "geo:",
            "geo:1",
            "1,2",
            "geo:91,0",
            "geo:0,180.5",
            "geo:a,b",
            "geo:1e1,0",
            "geo:+1,0",
            "geo:NaN,0",
            "geo:1,2|",
            "geo:1, 2",
            "geo:1,2,3",
            "Geo:1,2",
        ] {
            assert!(!is_place(bad), "{bad}");
        }
    }
}
