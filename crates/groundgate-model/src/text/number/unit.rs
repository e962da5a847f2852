//! What a number counts: money, time, shares, order. Words that are not known here are no unit.

/// What a number counts. Related units are brought to one: weeks are days, years are months.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// Nothing that is known: no unit, or a noun.
    None,
    /// Parts of a hundred.
    Percent,
    /// Money, by its ISO 4217 code.
    Money(&'static str),
    /// Seconds; minutes, hours, days and weeks are brought to them.
    Seconds,
    /// Days on which business is done, which are not days of the calendar.
    BusinessDays,
    /// Months; years and quarters are brought to them.
    Months,
    /// The third, the 3rd.
    Order,
    /// A measure of the world, by its usual sign.
    Measure(&'static str),
}

impl Unit {
    /// Whether two numbers can be about the same thing: one of them has no unit, or both have one.
    pub fn agrees(&self, other: &Self) -> bool {
        self == other || *self == Self::None || *other == Self::None
    }

    /// Whether both have a unit.
    pub fn are_known(&self, other: &Self) -> bool {
        *self != Self::None && *other != Self::None
    }
}

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;

/// A unit's words, what it is, and by how much a number in it is multiplied.
type Row = (&'static [&'static str], Unit, f64);

const UNITS: &[Row] = &[
    (
        &[
            "%",
            "percent",
            "per cent",
            "pct",
            "prozent",
            "pour cent",
            "por ciento",
            "per cento",
            "procent",
            "процентов",
            "процента",
            "٪",
            "百分",
        ],
        Unit::Percent,
        1.0,
    ),
    (
        &[
            "second", "seconds", "sec", "secs", "sekunde", "sekunden", "seconde", "secondes",
            "segundo", "segundos", "秒",
        ],
        Unit::Seconds,
        1.0,
    ),
    (
        &[
            "minute", "minutes", "min", "mins", "minuten", "minuto", "minutos", "minuti", "分",
        ],
        Unit::Seconds,
        MINUTE,
    ),
    (
        &[
            "hour", "hours", "hr", "hrs", "stunde", "stunden", "std", "heure", "heures", "hora",
            "horas", "ore", "時間", "小时",
        ],
        Unit::Seconds,
        HOUR,
    ),
    (
        &[
            "day",
            "days",
            "tag",
            "tage",
            "tagen",
            "jour",
            "jours",
            "dia",
            "dias",
            "giorno",
            "giorni",
            "dni",
            "dagen",
            "日",
            "天",
            "ימים",
            "יום",
            "يوم",
            "يوما",
            "दिन",
            "दिनों",
            "дней",
            "дня",
            "день",
        ],
        Unit::Seconds,
        DAY,
    ),
    (
        &[
            "week",
            "weeks",
            "woche",
            "wochen",
            "semaine",
            "semaines",
            "semana",
            "semanas",
            "settimana",
            "settimane",
            "週間",
            "周",
        ],
        Unit::Seconds,
        7.0 * DAY,
    ),
    (&["fortnight", "fortnights"], Unit::Seconds, 14.0 * DAY),
    (
        &[
            "month", "months", "monat", "monate", "monaten", "mois", "mes", "meses", "mese",
            "mesi", "月", "ヶ月", "个月",
        ],
        Unit::Months,
        1.0,
    ),
    (
        &["quarter", "quarters", "quartal", "quartale"],
        Unit::Months,
        3.0,
    ),
    (
        &[
            "year", "years", "yr", "yrs", "jahr", "jahre", "jahren", "an", "ans", "annee",
            "annees", "ano", "anos", "anno", "anni", "年",
        ],
        Unit::Months,
        12.0,
    ),
    (
        &[
            "€",
            "eur",
            "euro",
            "euros",
            "欧元",
            "ユーロ",
            "евро",
            "यूरो",
            "يورو",
        ],
        Unit::Money("EUR"),
        1.0,
    ),
    (
        &[
            "$", "usd", "us$", "dollar", "dollars", "bucks", "美元", "ドル",
        ],
        Unit::Money("USD"),
        1.0,
    ),
    (
        &["£", "gbp", "pound", "pounds", "quid"],
        Unit::Money("GBP"),
        1.0,
    ),
    (
        &["chf", "fr", "sfr", "franken", "francs"],
        Unit::Money("CHF"),
        1.0,
    ),
    (&["¥", "jpy", "yen", "円"], Unit::Money("JPY"), 1.0),
    (&["cny", "rmb", "yuan", "元"], Unit::Money("CNY"), 1.0),
    (
        &["₹", "inr", "rupee", "rupees", "rs"],
        Unit::Money("INR"),
        1.0,
    ),
    (&["zł", "zl", "pln", "zloty"], Unit::Money("PLN"), 1.0),
    (&["sek"], Unit::Money("SEK"), 1.0),
    (&["nok"], Unit::Money("NOK"), 1.0),
    (&["dkk"], Unit::Money("DKK"), 1.0),
    (&["cad"], Unit::Money("CAD"), 1.0),
    (&["aud"], Unit::Money("AUD"), 1.0),
    (&["₿", "btc"], Unit::Money("BTC"), 1.0),
    (&["cent", "cents"], Unit::Money("cent"), 1.0),
    (
        &["kg", "kilogram", "kilograms", "kilo", "kilos"],
        Unit::Measure("kg"),
        1.0,
    ),
    (&["g", "gram", "grams", "gramm"], Unit::Measure("kg"), 0.001),
    (
        &["km", "kilometer", "kilometers", "kilometre", "kilometres"],
        Unit::Measure("m"),
        1_000.0,
    ),
    (
        &["meter", "meters", "metre", "metres"],
        Unit::Measure("m"),
        1.0,
    ),
    (&["cm"], Unit::Measure("m"), 0.01),
    (&["mm"], Unit::Measure("m"), 0.001),
    (&["mile", "miles"], Unit::Measure("mile"), 1.0),
    (&["gb", "gigabyte", "gigabytes"], Unit::Measure("B"), 1e9),
    (&["mb", "megabyte", "megabytes"], Unit::Measure("B"), 1e6),
    (&["kb", "kilobyte", "kilobytes"], Unit::Measure("B"), 1e3),
    (&["bps", "bp", "basis points"], Unit::Percent, 0.01),
];

/// What makes a number larger.
const MAGNITUDES: &[(&[&str], f64)] = &[
    (
        &[
            "k", "thousand", "tausend", "tsd", "mille", "mil", "mila", "千",
        ],
        1e3,
    ),
    (&["万", "萬"], 1e4),
    (&["lakh", "lakhs", "lac"], 1e5),
    (
        &[
            "m",
            "mn",
            "mio",
            "million",
            "millions",
            "millionen",
            "millon",
            "millones",
            "milione",
            "milioni",
            "mln",
        ],
        1e6,
    ),
    (&["crore", "crores", "cr"], 1e7),
    (&["亿", "億"], 1e8),
    (
        &[
            "b",
            "bn",
            "billion",
            "billions",
            "mrd",
            "milliarde",
            "milliarden",
            "milliard",
            "milliards",
        ],
        1e9,
    ),
    (
        &["t", "trn", "trillion", "trillions", "billionen", "bio"],
        1e12,
    ),
];

/// The unit that a word names, with its factor.
pub(super) fn unit(word: &str) -> Option<(Unit, f64)> {
    let row = UNITS.iter().find(|(words, _, _)| words.contains(&word))?;
    Some((row.1.clone(), row.2))
}

/// By how much a word multiplies the number before it.
pub(super) fn magnitude(word: &str) -> Option<f64> {
    let row = MAGNITUDES.iter().find(|(words, _)| words.contains(&word))?;
    Some(row.1)
}

/// Whether a word between a number and `days` says that only days of business count.
pub(super) fn is_business(word: &str) -> bool {
    matches!(
        word,
        "business"
            | "working"
            | "banking"
            | "bank"
            | "trading"
            | "werktage"
            | "werktagen"
            | "arbeitstage"
            | "arbeitstagen"
            | "bankarbeitstage"
    )
}
