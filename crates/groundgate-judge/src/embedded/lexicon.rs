//! What single words are: function words, negations, hedges, number words, antonyms.
//!
//! English lists, looked up by hash. A word of another language is simply in none of them.

use std::collections::BTreeMap;

use super::stem::stem;
use super::table::{KeyTable, hash};

/// Kinds a word may have, several at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Kinds(u32);

impl Kinds {
    /// A function word: it carries no content of its own.
    pub(crate) const FUNCTION: Self = Self(1);
    /// Denies.
    pub(crate) const NEGATION: Self = Self(2);
    /// Weakens (may, roughly, some).
    pub(crate) const HEDGE: Self = Self(4);
    /// Strengthens (always, only, every).
    pub(crate) const ABSOLUTE: Self = Self(8);
    /// Speaks about the sources or the answer (passage, provided).
    pub(crate) const META: Self = Self(16);
    /// A month or a day of the week.
    pub(crate) const CALENDAR: Self = Self(32);
    /// Speaks of the speaker or the reader.
    pub(crate) const PERSON: Self = Self(64);
    /// Multiplies the number before it (million).
    pub(crate) const SCALE: Self = Self(128);
    /// A number word that is as often no number (one, first, once).
    pub(crate) const LOOSE_NUMBER: Self = Self(256);

    /// Denies and does nothing else (not, never).
    pub(crate) const PLAIN_DENIAL: Self = Self(512);

    /// Adds a further point (additionally).
    pub(crate) const ADDING: Self = Self(1024);
    /// Draws a conclusion (therefore, overall).
    pub(crate) const CONCLUDING: Self = Self(2048);
    /// Advises (recommended, ensure).
    pub(crate) const ADVISING: Self = Self(4096);
    /// Gives examples (such, including).
    pub(crate) const EXAMPLE: Self = Self(8192);

    /// A number word.
    pub(crate) const NUMBER: Self = Self(16384);

    /// Tells what a source says or does not say (mention, provide).
    pub(crate) const SAYING: Self = Self(1 << 15);

    /// Bounds what is said (only, least, most, up to).
    pub(crate) const LIMIT: Self = Self(1 << 16);

    /// Obliges (must, required).
    pub(crate) const MUST: Self = Self(1 << 17);
    /// Leaves it open (may, optional).
    pub(crate) const MAY: Self = Self(1 << 18);
    /// Every one of them.
    pub(crate) const ALL: Self = Self(1 << 19);
    /// No other.
    pub(crate) const ONLY: Self = Self(1 << 20);
    /// May tell that the verb is passive.
    pub(crate) const PASSIVE: Self = Self(1 << 21);

    /// All but those of `other`.
    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the word is of any of the kinds of `other`.
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// The word lists, ready to be asked.
#[derive(Debug, Clone)]
pub(crate) struct Lexicon {
    kinds: KeyTable,
    numbers: BTreeMap<u64, f64>,
    antonyms: BTreeMap<u64, Vec<u64>>,
}

impl Lexicon {
    pub(crate) fn new() -> Self {
        let mut merged: BTreeMap<u64, u32> = BTreeMap::new();
        let lists = [
            (FUNCTION, Kinds::FUNCTION),
            (NEGATION, Kinds::NEGATION),
            (HEDGE, Kinds::HEDGE),
            (ABSOLUTE, Kinds::ABSOLUTE),
            (META, Kinds::META),
            (CALENDAR, Kinds::CALENDAR),
            (PERSON, Kinds::PERSON),
            (SCALE, Kinds::SCALE),
            (LOOSE_NUMBER, Kinds::LOOSE_NUMBER),
            (PLAIN_DENIAL, Kinds::PLAIN_DENIAL),
            (ADDING, Kinds::ADDING),
            (CONCLUDING, Kinds::CONCLUDING),
            (ADVISING, Kinds::ADVISING),
            (EXAMPLE, Kinds::EXAMPLE),
            (SAYING, Kinds::SAYING),
            (LIMIT, Kinds::LIMIT),
            ("must required mandatory obligatory compulsory", Kinds::MUST),
            ("may optional optionally voluntary", Kinds::MAY),
            ("all every everyone everybody each any anyone", Kinds::ALL),
            ("only solely exclusively", Kinds::ONLY),
            ("is are was were be been being by and or", Kinds::PASSIVE),
        ];
        for (words, kind) in lists {
            for word in words.split_whitespace() {
                *merged.entry(hash(word.as_bytes())).or_default() |= kind.0;
            }
        }
        let mut antonyms: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for (left, right) in ANTONYMS
            .split_whitespace()
            .filter_map(|both| both.split_once('/'))
        {
            for (from, to) in [(left, right), (right, left)] {
                antonyms
                    .entry(stem_key(from))
                    .or_default()
                    .push(stem_key(to));
            }
        }
        let numbers: BTreeMap<u64, f64> = NUMBERS
            .split_whitespace()
            .filter_map(|both| both.split_once('='))
            .filter_map(|(word, value)| Some((hash(word.as_bytes()), value.parse().ok()?)))
            .collect();
        for low in numbers.keys() {
            *merged.entry(*low).or_default() |= Kinds::NUMBER.0;
        }
        let mut kinds = KeyTable::with_capacity(merged.len());
        for (key, bits) in merged {
            kinds.get_or_insert(key, bits);
        }
        Self {
            kinds,
            numbers,
            antonyms,
        }
    }

    /// The kinds of a lower-case word, by its hash.
    pub(crate) fn kinds(&self, low: u64) -> Kinds {
        Kinds(self.kinds.get(low).unwrap_or(0))
    }

    /// The value of a number word, by the hash of its lower case.
    pub(crate) fn number(&self, low: u64) -> Option<f64> {
        self.numbers.get(&low).copied()
    }

    /// The stems that say the opposite of a stem.
    pub(crate) fn antonyms(&self, key: u64) -> &[u64] {
        self.antonyms.get(&key).map_or(&[], Vec::as_slice)
    }
}

fn stem_key(word: &str) -> u64 {
    let mut buffer = word.to_owned();
    stem(&mut buffer);
    hash(buffer.as_bytes())
}

const FUNCTION: &str = "a an the and or but if then else of to in on at by for with from into onto over \
under about as is are was were be been being am do does did done doing have has had having it its it's \
this that these those there here he she they them his her hers their theirs our ours your yours you i we \
us me him my mine which who whom whose what when where why how not no nor so than too very can could will \
would shall should may might must also such any some each every all both few more most other own same only \
just s t d ll re ve m don don't doesn't isn't aren't wasn't weren't won't can't cannot couldn't wouldn't \
shouldn't didn't hasn't haven't hadn't up down out off again further once while because until between \
through during before after above below etc via per";

const NEGATION: &str = "not no never none neither nor cannot can't don't doesn't didn't isn't aren't wasn't \
weren't won't wouldn't couldn't shouldn't hasn't haven't hadn't mustn't needn't without lack lacks unable \
n't nothing nobody nowhere hardly barely rarely seldom fails failed unlikely false except excluding \
excluded excludes unless avoid avoids avoiding prevent prevents instead neither refuse refuses";

const PLAIN_DENIAL: &str = "not no never cannot can't don't doesn't didn't isn't aren't wasn't weren't won't \
wouldn't couldn't shouldn't hasn't haven't hadn't mustn't";

const HEDGE: &str = "may might could possibly perhaps likely probably typically usually generally often \
sometimes appears seems suggest suggests potentially approximately around about roughly estimated \
reportedly can";

const ABSOLUTE: &str = "always never all every must only entirely completely definitely certainly best most \
guaranteed exactly required necessary essential crucial important";

const META: &str = "passage passages context provided information article mentioned mention text document \
documents source sources answer answers question questions based given according states stated following step steps \
page pages section figure image example";

const ADDING: &str = "additionally furthermore moreover also besides addition another";

const CONCLUDING: &str =
    "therefore thus hence overall consequently conclusion summary so ultimately";

const ADVISING: &str = "recommended recommend advisable ensure ensuring consult sure note noting mind should \
important consider advised careful";

const EXAMPLE: &str = "example examples such including like instance various";

const SAYING: &str = "mention mentioned mentions provide provided provides providing contain contains include includes \
included including discuss discusses discussed describe describes described explain explains specify specifies \
specified specific specifically explicitly explicit clear clearly detail details detailed instructions state states \
stated indicate indicates suggest suggests address addresses information enough give gives given list lists \
find determine note";

const LIMIT: &str = "only solely exclusively least most maximum minimum max min limit limited limits exceed \
exceeding exceeds until unless except";

const CALENDAR: &str = "january february march april may june july august september october november \
december jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday \
saturday sunday";

const PERSON: &str = "i me my we us our you your";

const SCALE: &str = "hundred thousand million billion trillion k bn mn";

const LOOSE_NUMBER: &str = "one first once single half second third fourth fifth sixth seventh \
eighth ninth tenth zero hundred thousand million billion";

const NUMBERS: &str = "zero=0 one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 \
eleven=11 twelve=12 thirteen=13 fourteen=14 fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19 \
twenty=20 thirty=30 forty=40 fifty=50 sixty=60 seventy=70 eighty=80 ninety=90 hundred=100 thousand=1000 \
million=1000000 billion=1000000000 trillion=1000000000000 k=1000 bn=1000000000 mn=1000000 first=1 \
second=2 third=3 fourth=4 fifth=5 sixth=6 seventh=7 eighth=8 ninth=9 tenth=10 once=1 twice=2 half=0.5 \
dozen=12 single=1 double=2 triple=3";

const ANTONYMS: &str = "increase/decrease rise/fall rose/fell higher/lower high/low more/less more/fewer \
most/least before/after above/below over/under up/down win/lose won/lost first/last open/closed start/end \
begin/end began/ended good/bad better/worse best/worst large/small larger/smaller largest/smallest \
big/small long/short longer/shorter early/late earlier/later earliest/latest old/new older/younger \
older/newer oldest/youngest hot/cold warm/cool fast/slow faster/slower male/female man/woman men/women \
boy/girl he/she his/her him/her north/south east/west northern/southern eastern/western left/right \
top/bottom front/back inside/outside include/exclude allow/forbid allow/prohibit permit/prohibit \
legal/illegal possible/impossible true/false yes/no always/never all/none many/few minimum/maximum min/max \
buy/sell bought/sold accept/reject approve/deny approve/reject support/oppose enable/disable add/remove \
gain/lose positive/negative public/private single/married day/night morning/evening am/pm summer/winter \
father/mother son/daughter husband/wife brother/sister import/export strong/weak stronger/weaker \
heavy/light wet/dry full/empty cheap/expensive easy/difficult easy/hard safe/dangerous safe/unsafe \
required/optional mandatory/optional mandatory/voluntary free/paid parent/child teacher/student \
employer/employee borrower/lender buyer/seller plaintiff/defendant acute/chronic internal/external \
primary/secondary majority/minority success/failure succeed/fail passed/failed alive/dead born/died \
continue/stop raise/lower expand/shrink daily/weekly weekly/monthly monthly/annually monthly/yearly \
daily/monthly annual/monthly hour/minute day/week week/month month/year hour/day minute/second \
monday/tuesday tuesday/wednesday wednesday/thursday thursday/friday saturday/sunday eligible/ineligible \
refundable/nonrefundable able/unable likely/unlikely known/unknown covered/excluded included/excluded \
with/without online/offline manual/automatic manually/automatically temporary/permanent \
temporarily/permanently upper/lower upgrade/downgrade credit/debit income/expense profit/loss \
domestic/international domestic/foreign local/remote agree/disagree encrypted/unencrypted";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_their_kinds() {
        let lexicon = Lexicon::new();
        let kinds = |word: &str| lexicon.kinds(hash(word.as_bytes()));
        assert!(kinds("never").has(Kinds::NEGATION) && kinds("never").has(Kinds::ABSOLUTE));
        assert!(kinds("the").has(Kinds::FUNCTION) && !kinds("the").has(Kinds::NEGATION));
        assert_eq!(kinds("chargeback"), Kinds::default());
        assert_eq!(lexicon.number(hash(b"twelve")), Some(12.0));
        assert!(
            lexicon
                .antonyms(stem_key("increased"))
                .contains(&stem_key("decreases"))
        );
    }
}
