//! Sentences that refuse to answer: nothing known, nothing found, not allowed.
//!
//! A sentence that refuses and claims something is a claim: "I cannot find the fee, so gift cards get
//! refunded in cash" is no refusal.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::{
    clauses::{clauses, may_claim, pattern},
    courtesy::is_courteous,
    number::mentions,
};

/// Clauses that refuse, folded.
static REFUSAL: LazyLock<RegexSet> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "fixed patterns, compiled in a test")]
    RegexSet::new(PATTERNS).expect("patterns")
});

/// The same, one by one: where a refusal begins and ends.
static EACH: LazyLock<Vec<Regex>> =
    LazyLock::new(|| PATTERNS.iter().map(|text| pattern(text)).collect());

/// From here on a sentence only asks.
static ASKS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:whether|if|what|which|who|when|where|ob|welche[rs]?)\b"));

const PATTERNS: &[&str] = &[
    // Nothing known.
    r"\b(?:i|we)(?:'m| am|'re| are)? (?:really |honestly |simply |just )?(?:do not|don't|dont|did not|didn't) (?:know|have (?:that|this|the|any|enough|sufficient|access|more)? ?(?:information|info|details?|data|answer|access|context|knowledge|documents?|enough|to that)|see any|find any|understand)\b",
    r"\b(?:i|we) (?:have no|'ve no|lack)(?: \w+)? (?:information|info|details?|data|answer|access|idea|knowledge|documents?)\b",
    r"\b(?:i|we)(?:'m| am|'re| are)? not (?:entirely |completely |quite |really )?(?:sure|certain|aware|able to (?:find|answer|help|assist|provide|locate|confirm|determine|tell|say)|familiar)\b",
    r"\b(?:i|we)(?:'m| am|'re| are|was| was|were| were)? (?:unable|not able|wasn't able|weren't able|was not able) to (?:find|answer|help|assist|provide|locate|confirm|determine|tell|say|access|process|complete|fulfil)\b",
    r"\b(?:i|we) (?:cannot|can't|cant|can not|could not|couldn't|wasn't able to|was not able to) (?:really |currently )?(?:find|answer|help|assist|provide|locate|confirm|determine|tell|say|access|discuss|share|comment|give|offer|see|process|complete)\b",
    r"^(?:unable|not able) to (?:find|answer|help|assist|locate|determine)\b[^,]{0,80}$",
    r"\b(?:i|we) can only (?:answer|help|assist|provide|respond|discuss)\b",
    r"^(?:idk|n/?a|not applicable|unknown|no idea|no comment|not sure|no clue|i do not know|i don't know|i dont know)\b.{0,20}$",
    r"^as an? (?:ai|large|artificial)[^,]{0,40},? i (?:cannot|can't|can not|am not able to|am unable to|do not|don't)\b",
    // Nothing found.
    r"^(?:there is |there are |i found |we found |sorry,? )*(?:no|not enough|insufficient|nothing)(?: \w+){0,2} (?:information|info|details?|data|mention|answer|results?|documents?|passages?|sources?|context)\b(?: (?:was |were |is |are |could be )?(?:found|available|provided|given|returned|matching|about|on|for|in|regarding|to answer)\b|$)",
    r"^(?:there is |there's )?nothing (?:was |is )?(?:in|found|about|on|mentioned|stated|available)\b",
    r"\b(?:none|neither) of (?:the|these|those|my|our) (?:\w+ )?(?:sources?|documents?|passages?|results?|texts?|pages?) (?:mentions?|says?|states?|contains?|covers?|answers?|includes?|addresses?|discuss(?:es)?|provides?)\b",
    r"\b(?:documents?|documentation|sources?|context|passages?|information|texts?|knowledge base|materials?|excerpts?|articles?)\b(?: (?:that )?(?:i have|you (?:gave|provided)|provided|available|given|above|retrieved|at hand))? (?:do not|don't|does not|doesn't|did not|didn't) (?:seem to |appear to |explicitly |directly |actually |specifically )?(?:mention|contain|include|cover|provide|specify|say|state|address|discuss|answer|have|describe|give|offer|explain)\b",
    r"\b(?:is|are|was|were) (?:not|n't|nowhere)(?: (?:explicitly|directly|specifically))? (?:mentioned|specified|stated|covered|included|found|available|provided|described|addressed|discussed|answered|given|contained|part of|in|clear from|known|listed)\b.{0,20}\b(?:documents?|documentation|sources?|context|passages?|knowledge base|information|text|provided|materials?)\b",
    r"\b(?:isn't|aren't|wasn't|weren't)(?: (?:explicitly|directly))? (?:mentioned|specified|stated|covered|included|found|available|provided|described|addressed|in)\b.{0,20}\b(?:documents?|sources?|context|passages?|knowledge base|information|text)\b",
    r"\b(?:it(?:'s| is)|that(?:'s| is)) (?:unclear|not clear|unknown) (?:from|in|based on)\b",
    // German.
    r"\b(?:ich|wir) (?:weiß|weiss|wissen)(?: (?:es|das|dazu|leider))* (?:nicht|nichts)\b|\bweiß (?:es|das|ich) (?:leider )?nicht\b",
    r"\b(?:keine|keinerlei)(?: \w+)? (?:informationen|information|angaben|daten|auskunft|antwort|hinweise|dokumente)\b",
    r"\b(?:ich|wir) (?:kann|konnen|konnte|konnten|darf)\b.{0,60}\b(?:nicht|keine)\b.{0,30}\b(?:beantworten|helfen|finden|sagen|weiterhelfen|geben|bereitstellen)\b|\bkann ich (?:ihnen |dir )?(?:leider |dazu )*(?:nicht|keine)\b",
    r"\bnicht (?:in den (?:dokumenten|quellen|unterlagen)|gefunden|enthalten|erwahnt|bekannt)\b",
    // French, Spanish, Portuguese, Italian.
    r"\bje (?:ne |n')(?:sais|peux|trouve|dispose|ai|connais)\b.{0,20}\bpas\b|\bje n'ai (?:pas|aucune)\b|\baucune information\b|\bpas d'informations?\b",
    r"^(?:lo siento,? )?no (?:lo )?se\b|\bno (?:tengo|dispongo de|encuentro|encontre|hay)(?: \w+)? (?:informacion|datos|respuesta)\b|\bno (?:puedo|podemos) (?:ayudar|responder|proporcionar|encontrar)\w*\b|\bno se menciona\b",
    r"\bnao sei\b|\bnao (?:tenho|encontrei|ha|disponho de)(?: \w+)? (?:informac|dados|resposta)|\bnao posso (?:ajudar|responder)\b",
    r"\bnon (?:lo )?so\b|\bnon (?:ho|trovo|dispongo di|ci sono)(?: \w+)? (?:informazioni|dati|risposta)\b|\bnon posso (?:aiutar|rispondere|fornire)",
    // Dutch, Scandinavian, Slavic, Turkish.
    r"\bik weet (?:het|dat|er)? ?niets?\b|\bgeen (?:informatie|gegevens)\b|\b(?:jag|vi) vet inte\b|\b(?:jeg|vi) (?:ved|vet) (?:det )?ikke\b|\bingen (?:information|informasjon|oplysninger)\b|\ben tieda\b",
    r"\bnie (?:wiem|mam informacji|znalazłem|znalazlem|moge|mogę)|\bbrak informacji\b|\bnevim\b|\bneviem\b|\bne znam\b|\bnemam informac",
    r"не знаю|нет информации|не могу (?:ответить|помочь|найти)|не наш(?:ел|ла|ёл)|не упоминается|не знаємо|немає інформації",
    r"\bbilmiyorum\b|\bbilgi (?:yok|bulunmu|bulamad)|\bnu stiu\b|\bnu am informatii\b|δεν (?:γνωριζω|γνωρίζω|ξερω|ξέρω)",
    // Semitic, Indic and East Asian scripts.
    r"לא יודע|אין (?:לי )?מידע|לא (?:מצאתי|נמצא)",
    r"لا (?:أعرف|اعرف|أعلم|اعلم|أملك|توجد معلومات|يوجد معلومات|أستطيع)|ليس لدي معلومات|نمی‌?دانم",
    r"नही[ंँ]? ?(?:पता|जानता|मालूम)|जानकारी (?:नही|उपलब्ध नही)|पता नही",
    r"不知道|不清楚|(?:没有|未|沒有)(?:找到|相关|任何|提及|提到|包含|足够).{0,12}|没有.{0,6}信息|无法(?:回答|提供|确定|找到|帮助)|無法",
    r"わかりません|分かりません|存じません|情報(?:が|は).{0,6}(?:ありません|ございません|見つかり)|(?:お答え|回答)(?:でき|しかね)|見つかりません|記載(?:が|は|されて).{0,6}(?:ありません|いません)",
    r"모르(?:겠|습니다)|정보가 (?:없|부족)|찾을 수 없|ไม่ทราบ|không (?:biết|co thong tin|có thông tin)|tidak (?:tahu|ada informasi)",
];

/// What makes a claim of a refusal: more than that is said.
static MORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:other than|except|besides|more than that|apart from|than that|außer|salvo|sauf)\b",
    )
});

/// Whether a sentence refuses and says nothing else.
pub fn is_refusal(sentence: &str) -> bool {
    let clauses = clauses(sentence);
    // Numbers are read last: that takes longer than all else, and few sentences get so far.
    clauses.iter().any(|clause| refuses(clause))
        && (clauses.iter()).all(|clause| refuses(clause) || is_courteous(clause))
        && mentions(sentence).iter().all(|mention| mention.is_weak)
}

/// Whether a clause refuses, and neither what stands before the refusal nor what follows it claims.
fn refuses(clause: &str) -> bool {
    let found = REFUSAL.matches(clause).into_iter();
    let mut found = found.filter_map(|place| EACH.get(place)?.find(clause));
    !MORE.is_match(clause)
        && found.any(|refusal| {
            let before = clause.get(..refusal.start()).unwrap_or_default();
            let after = clause.get(refusal.end()..).unwrap_or_default();
            let told = ASKS.find(after).map_or(after.len(), |asks| asks.start());
            !may_claim(before) && !may_claim(after.get(..told).unwrap_or_default())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_recognized_in_many_words_and_languages() {
        for sentence in [
            "I do not know the answer to that.",
            "I'm sorry, I couldn't find any information about that in the knowledge base.",
            "Sorry, I can only answer questions about Harbor products.",
            "No information found.",
            "N/A",
            "There is no information available on this topic.",
            "Unfortunately, I cannot help with this request.",
            "I'm unable to assist with that.",
            "Unable to answer based on given passages.",
            "I don’t have access to that information.",
            "It is not specified in the documents.",
            "As an AI language model, I cannot provide financial advice.",
            "I wasn't able to find anything about this.",
            "None of the sources mention this.",
            "I'm not certain about this one.",
            "Not enough information.",
            "The answer is not in the context.",
            "Hmm, I am not sure about that.",
            "My apologies, but I can't find that.",
            "**I don't know.**",
            "I don't know🤷",
            "I DON'T KNOW",
            "I dont know",
            "idk",
            "The documents do not mention refunds.",
            "I have no information about the costs and guarantees of that card.",
            "I do not know whether the card is free.",
            "No information was found in the documents.",
            "The documents provided do not include details on crypto; please check with the compliance team.",
            "Crypto is not mentioned in the provided sources.",
            "There is nothing in the knowledge base about crypto.",
            "I do not see any information about crypto.",
            "The available information does not cover crypto.",
            "It's unclear from the documents.",
            "Ich weiß es nicht.",
            "Dazu liegen mir leider keine Informationen vor.",
            "Diese Frage kann ich leider nicht beantworten.",
            "No lo sé.",
            "No tengo información sobre eso.",
            "Je ne sais pas.",
            "抱歉，知识库中没有相关信息。",
            "Non lo so.",
            "Nie wiem.",
            "Я не знаю.",
            "לא יודע.",
            "لا أعرف.",
            "申し訳ございません。わかりません。",
        ] {
            assert!(is_refusal(sentence), "{sentence}: {:?}", clauses(sentence));
        }
    }

    #[test]
    fn answers_are_not_taken_for_refusals() {
        for sentence in [
            "You cannot withdraw more than 500 EUR.",
            "We do not have a fee for this.",
            "I don't know of any fee other than 5 EUR.",
            "The documents do not need to be signed.",
            "Customers who do not provide documents within 14 days lose access.",
            "I cannot recommend it; the fee is 5 EUR.",
            "There is no fee.",
            "Unable to find the card, customers have it replaced for free.",
            "The statement does not include pending payments.",
            "You will not find the fee on the statement; it is 5 EUR.",
            "I cannot find the fee, so gift cards get refunded in cash.",
            "I'm sorry, but I cannot say more than that every customer gets their money back at once.",
            "I do not have information about the limit, but deposits are insured for millions by the owner.",
            "We cannot provide a card to minors under the age of 18.",
            "No documents are needed.",
            "Es fällt keine Gebühr an.",
            "No refund is given for used goods.",
            "Deposits are insured without any limit, I couldn't find the details.",
            "I'm unable to find a reason why deposits would not be insured by the owner.",
            "I cannot help it that every customer gets a free house.",
            "The documents do not mention that deposits are insured by the owner.",
            "Die Karte ist kostenlos, dazu habe ich keine Informationen.",
            "No information is needed since every customer gets a card.",
        ] {
            assert!(!is_refusal(sentence), "{sentence}: {:?}", clauses(sentence));
        }
    }
}
