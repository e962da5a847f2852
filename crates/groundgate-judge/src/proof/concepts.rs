//! Words that are opposites of each other: each concept has a positive and a negative side; and words that
//! deny.

use std::{collections::BTreeSet, sync::LazyLock};

use crate::{evidence::is_negation, token::stem};

/// What decides whether a word of a concept is meant or denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// A negation shortly before the word.
    Before,
    /// Any negation of the clause: the word is its subject.
    Clause,
}

/// Words of two sides, without accents and endings that [`crate::token::stem`] takes away.
pub(super) struct Concept {
    /// In our own words, for people.
    pub(super) name: &'static str,
    pub(super) scope: Scope,
    pub(super) positive: &'static [&'static str],
    pub(super) negative: &'static [&'static str],
}

const fn of(
    name: &'static str,
    positive: &'static [&'static str],
    negative: &'static [&'static str],
) -> Concept {
    Concept {
        name,
        scope: Scope::Before,
        positive,
        negative,
    }
}

const fn about(
    name: &'static str,
    positive: &'static [&'static str],
    negative: &'static [&'static str],
) -> Concept {
    Concept {
        scope: Scope::Clause,
        ..of(name, positive, negative)
    }
}

/// What costs: sums of money count, too.
pub(super) const COST: Concept = of(
    "what it costs",
    &["pay", "pays", "charged", "zahlen", "bezahlen"],
    &[
        "free",
        "gratis",
        "waived",
        "complimentary",
        "kostenlos",
        "kostenfrei",
        "gebuhrenfrei",
        "gratuit",
        "gratuito",
    ],
);

/// Nouns of cost: denied they say that something is free, else they say little.
pub(super) const COST_NOUNS: &[&str] = &[
    "fee", "fees", "charge", "charges", "cost", "costs", "price", "interest", "payment", "gebuhr",
    "gebuhren", "kosten", "entgelt", "frais", "costo", "comision",
];

pub(super) const CONCEPTS: &[Concept] = &[
    of(
        "what is needed",
        &[
            "must",
            "needed",
            "need",
            "required",
            "requires",
            "mandatory",
            "compulsory",
            "obligatory",
            "necessary",
            "has_to",
            "have_to",
            "muss",
            "mussen",
            "pflicht",
            "verpflichtend",
            "erforderlich",
            "notig",
            "notwendig",
            "obligatorio",
            "obligatoire",
        ],
        &[
            "optional",
            "voluntary",
            "unnecessary",
            "freiwillig",
            "facultatif",
            "opcional",
        ],
    ),
    of(
        "what is allowed",
        &[
            "allowed",
            "permitted",
            "possible",
            "eligible",
            "accepted",
            "approved",
            "erlaubt",
            "moglich",
            "zulassig",
            "granted",
        ],
        &[
            "forbidden",
            "prohibited",
            "banned",
            "impossible",
            "disallowed",
            "ineligible",
            "refused",
            "rejected",
            "declined",
            "denied",
            "verboten",
            "unmoglich",
            "unzulassig",
            "abgelehnt",
        ],
    ),
    of(
        "what is included",
        &[
            "included",
            "includes",
            "enthalten",
            "inbegriffen",
            "inklusive",
        ],
        &[
            "excluded",
            "excludes",
            "omitted",
            "ausgeschlossen",
            "ausgenommen",
        ],
    ),
    of("online or offline", &["online", "internet"], &["offline"]),
    of(
        "visible or hidden",
        &["visible", "shown", "displayed", "sichtbar", "angezeigt"],
        &[
            "hidden",
            "invisible",
            "concealed",
            "masked",
            "verborgen",
            "unsichtbar",
        ],
    ),
    of(
        "secret or shared",
        &["secret", "confidential", "geheim", "vertraulich"],
        &[
            "share",
            "shared",
            "disclose",
            "disclosed",
            "reveal",
            "publish",
            "weitergeben",
        ],
    ),
    of(
        "final or reversible",
        &[
            "undone",
            "undo",
            "reversed",
            "reversible",
            "revoked",
            "revocable",
            "widerrufen",
        ],
        &[
            "final",
            "irreversible",
            "irrevocable",
            "binding",
            "unwiderruflich",
            "endgultig",
        ],
    ),
    of(
        "up or down",
        &[
            "increase",
            "increases",
            "increased",
            "rise",
            "rises",
            "rose",
            "raised",
            "grew",
            "erhoht",
            "steigt",
        ],
        &[
            "decrease",
            "decreases",
            "decreased",
            "fall",
            "falls",
            "fell",
            "dropped",
            "reduced",
            "lowered",
            "sinkt",
            "gesenkt",
        ],
    ),
    of(
        "on or off",
        &["enabled", "activated", "activate", "enable", "aktiviert"],
        &[
            "disabled",
            "deactivated",
            "deactivate",
            "disable",
            "blocked",
            "deaktiviert",
        ],
    ),
    of(
        "open or closed",
        &["open", "opens", "geoffnet"],
        &["closed", "closes", "geschlossen"],
    ),
    of(
        "valid or not",
        &["valid", "gultig"],
        &["invalid", "expired", "void", "ungultig"],
    ),
    of(
        "fixed or variable",
        &["fixed", "fest"],
        &["variable", "floating", "variabel"],
    ),
    of(
        "sooner or later",
        &["immediately", "instantly", "sofort"],
        &["delayed", "later", "spater"],
    ),
    about(
        "who is meant by age",
        &["adult", "adults", "erwachsene", "volljahrige"],
        &[
            "minor",
            "minors",
            "child",
            "children",
            "minderjahrige",
            "kinder",
        ],
    ),
    about(
        "which customers are meant",
        &["business", "corporate", "commercial", "geschaftskunden"],
        &[
            "private",
            "retail",
            "consumer",
            "consumers",
            "personal",
            "privatkunden",
        ],
    ),
    about(
        "where it holds",
        &["domestic", "inland", "national"],
        &["abroad", "foreign", "international", "ausland"],
    ),
];

/// Words that deny what follows or what stands before, in the languages that answers are mostly in.
pub(crate) fn is_negator(word: &str) -> bool {
    is_negation(word)
        || matches!(
            word,
            "nicht"
                | "nie"
                | "niemals"
                | "ohne"
                | "weder"
                | "nichts"
                | "pas"
                | "jamais"
                | "sans"
                | "aucun"
                | "aucune"
                | "nunca"
                | "sin"
                | "ningun"
                | "ninguna"
                | "niente"
                | "senza"
                | "niet"
                | "geen"
                | "nooit"
                | "zonder"
                | "не"
                | "нет"
                | "без"
                | "nobody"
                | "nothing"
                | "nowhere"
                | "hardly"
        )
        || (word.starts_with("kein") && word.len() <= 7)
}

/// Words that deny by themselves, for certain.
pub(super) fn denies(word: &str) -> bool {
    const STEMS: &[&str] = &[
        "exclud",
        "refus",
        "reject",
        "declin",
        "deni",
        "forbid",
        "forbidden",
        "prohib",
        "imposs",
        "unable",
        "unavai",
        "inelig",
        "invali",
        "disabl",
        "preven",
        "lack",
        "fail",
        "ausges",
        "verbot",
        "unmogl",
    ];
    STEMS.contains(&stem(word)) || word.strip_prefix("non").is_some_and(|rest| rest.len() > 3)
}

/// Words that restrict a statement to somebody or something.
pub(super) fn is_exclusive(word: &str) -> bool {
    matches!(
        word,
        "only"
            | "alone"
            | "solely"
            | "exclusively"
            | "nur"
            | "ausschließlich"
            | "allein"
            | "seulement"
            | "uniquement"
            | "solo"
            | "solamente"
    )
}

/// Words that deny without `not`.
const DENYING: &[&str] = &[
    "absent",
    "avoid",
    "bar",
    "beyond",
    "decline",
    "deni",
    "deny",
    "disable",
    "disallow",
    "exclud",
    "exclus",
    "exempt",
    "exceed",
    "except",
    "fail",
    "forbid",
    "forbidden",
    "impossible",
    "ineligible",
    "instead",
    "invalid",
    "lack",
    "limit",
    "miss",
    "non",
    "only",
    "outside",
    "prevent",
    "prohibit",
    "refus",
    "reject",
    "restrict",
    "stop",
    "unable",
    "unavailable",
    "unless",
    "until",
    "waiv",
    "wrong",
    "zero",
];

static DENYING_STEMS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| DENYING.iter().map(|word| stem(word)).collect());

/// Whether a word denies without `not`.
pub(crate) fn implies_negation(word: &str) -> bool {
    DENYING_STEMS.contains(stem(word))
        || word.starts_with("non")
        || (word.starts_with("un") && word.len() > 5)
}
