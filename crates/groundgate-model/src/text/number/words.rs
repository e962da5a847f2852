//! Numbers written in words: English in full, and the words that German, French, Spanish and Italian
//! use most.

/// Ones, teens and tens by word.
const PLAIN: &[(&str, f64)] = &[
    ("zero", 0.0),
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("thirteen", 13.0),
    ("fourteen", 14.0),
    ("fifteen", 15.0),
    ("sixteen", 16.0),
    ("seventeen", 17.0),
    ("eighteen", 18.0),
    ("nineteen", 19.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("forty", 40.0),
    ("fifty", 50.0),
    ("sixty", 60.0),
    ("seventy", 70.0),
    ("eighty", 80.0),
    ("ninety", 90.0),
    ("dozen", 12.0),
    ("twice", 2.0),
    ("null", 0.0),
    ("zwei", 2.0),
    ("drei", 3.0),
    ("vier", 4.0),
    ("funf", 5.0),
    ("sechs", 6.0),
    ("sieben", 7.0),
    ("acht", 8.0),
    ("neun", 9.0),
    ("zehn", 10.0),
    ("elf", 11.0),
    ("zwolf", 12.0),
    ("dreizehn", 13.0),
    ("vierzehn", 14.0),
    ("funfzehn", 15.0),
    ("sechzehn", 16.0),
    ("siebzehn", 17.0),
    ("achtzehn", 18.0),
    ("neunzehn", 19.0),
    ("zwanzig", 20.0),
    ("dreißig", 30.0),
    ("vierzig", 40.0),
    ("funfzig", 50.0),
    ("sechzig", 60.0),
    ("siebzig", 70.0),
    ("achtzig", 80.0),
    ("neunzig", 90.0),
    ("deux", 2.0),
    ("trois", 3.0),
    ("quatre", 4.0),
    ("cinq", 5.0),
    ("sept", 7.0),
    ("huit", 8.0),
    ("neuf", 9.0),
    ("dix", 10.0),
    ("quinze", 15.0),
    ("vingt", 20.0),
    ("trente", 30.0),
    ("dos", 2.0),
    ("tres", 3.0),
    ("cuatro", 4.0),
    ("cinco", 5.0),
    ("seis", 6.0),
    ("siete", 7.0),
    ("ocho", 8.0),
    ("nueve", 9.0),
    ("diez", 10.0),
    ("quince", 15.0),
    ("veinte", 20.0),
    ("treinta", 30.0),
    ("due", 2.0),
    ("tre", 3.0),
    ("quattro", 4.0),
    ("cinque", 5.0),
    ("sei", 6.0),
    ("sette", 7.0),
    ("otto", 8.0),
    ("nove", 9.0),
    ("dieci", 10.0),
    ("venti", 20.0),
    ("trenta", 30.0),
];

const ORDERS: &[(&str, f64)] = &[
    ("first", 1.0),
    ("second", 2.0),
    ("third", 3.0),
    ("fourth", 4.0),
    ("fifth", 5.0),
    ("sixth", 6.0),
    ("seventh", 7.0),
    ("eighth", 8.0),
    ("ninth", 9.0),
    ("tenth", 10.0),
    ("eleventh", 11.0),
    ("twelfth", 12.0),
    ("twentieth", 20.0),
    ("thirtieth", 30.0),
];

const PARTS: &[(&str, f64)] = &[
    ("half", 0.5),
    ("halfte", 0.5),
    ("halb", 0.5),
    ("moitie", 0.5),
    ("mitad", 0.5),
    ("meta", 0.5),
];

fn look(list: &[(&str, f64)], word: &str) -> Option<f64> {
    list.iter()
        .find(|(known, _)| *known == word)
        .map(|(_, value)| *value)
}

/// A number below a hundred by its word; German joins ones and tens.
pub(super) fn plain(word: &str) -> Option<f64> {
    look(PLAIN, word).or_else(|| {
        let (ones, tens) = word.split_once("und")?;
        let tens = look(PLAIN, tens).filter(|tens| *tens >= 20.0)?;
        let ones = if ones == "ein" {
            1.0
        } else {
            look(PLAIN, ones).filter(|ones| *ones < 10.0)?
        };
        Some(tens + ones)
    })
}

/// What multiplies all before it in a number of several words: `hundred`.
pub(super) fn hundred(word: &str) -> Option<f64> {
    matches!(word, "hundred" | "hundert" | "cent" | "cien" | "cento").then_some(100.0)
}

/// A place in an order.
pub(super) fn order(word: &str) -> Option<f64> {
    look(ORDERS, word)
}

/// A part of one.
pub(super) fn part(word: &str) -> Option<f64> {
    look(PARTS, word)
}
