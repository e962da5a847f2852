//! Sentences that say nothing about the world: greetings, thanks, lead-ins, offers, disclaimers.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::{
    clauses::{clauses, may_claim, pattern},
    number::mentions,
};

/// Whole clauses, folded: lower case, no accents, one space between words.
static COURTESY: LazyLock<RegexSet> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "fixed patterns, compiled in a test")]
    RegexSet::new(PATTERNS.iter().map(|pattern| format!("^(?:{pattern})$"))).expect("patterns")
});

/// Courtesies that end in words of one's own: none of those may say anything.
static OPEN: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let patterns = OPEN_PATTERNS.iter();
    patterns
        .map(|text| pattern(&format!("^(?:{text})$")))
        .collect()
});

const OPEN_PATTERNS: &[&str] = &[
    // Where to read on, and to whom it goes on.
    r"(?:for (?:more|further|additional|the latest|full|complete) (?:information|details|help|assistance|questions),? )?(?:please )?(?:see|visit|refer to|consult|check|read|contact|ask|go to|speak (?:to|with)|reach out to)(?: with)? (?:the |our |your |its |a )?(?P<own>(?:[a-z'-]+ ?){1,5})",
    r"(?:please )?(?:hand|pass|forward|escalate|refer|route|send|transfer|direct) (?:the |this |your |it|them|me)?(?:question|request|case|issue|matter|customer|call|ticket|inquiry|enquiry)?(?: over| on)? to (?:the |our |your |a )?(?P<own>[a-z -]{2,40})",
    // Offers.
    r"(?:please )?(?:feel free to |don't hesitate to |do not hesitate to )?(?:let me know|let us know|ask|reach out|contact us|contact support|contact our support(?: team)?|get in touch|contact me|ask me)(?: (?:if|should|whenever|when) you (?:have|need|would like|want|require))?(?P<own>(?: [a-z'-]+){0,6})",
    r"if you (?:have|need|would like|want|require) (?P<own>(?:[a-z'-]+ ?){1,6})",
    r"(?:do you have|are there) any (?:other|more|further|additional) questions(?P<own>(?: [a-z'-]+){0,6})",
    r"would you like (?:me to|to know|more|help|further)(?P<own>(?: [a-z'-]+){0,6})",
];

const PATTERNS: &[&str] = &[
    // Greetings and thanks.
    r"(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|dear (?:customer|user|client|colleague|sir or madam|all|team)|welcome)(?: there| again)?(?:,? (?:and )?welcome)?",
    r"(?:many )?(?:thanks|thank you)(?: (?:so|very) much)?(?: for (?:your |the )?(?:patience|question|message|inquiry|enquiry|asking|reaching out|contacting us|waiting|understanding|(?:great )?question))?(?: (?:in advance|again))?",
    r"(?:that(?:'s| is) )?(?:a |an )?(?:great|good|excellent|interesting|fair|very good) question",
    r"(?:you(?:'re| are) welcome|no problem|my pleasure|glad to help|happy to help|best regards|kind regards|regards|sincerely|yours sincerely|cheers|have a (?:great|nice|good|wonderful) (?:day|evening|weekend|week|one))",
    r"(?:sure|certainly|of course|absolutely|yes of course|okay|ok|alright|got it|understood|no worries|gladly)(?: thing)?(?:,? (?:i(?:'m| am) |i'd be |i would be )?(?:happy|glad) to (?:help|assist)(?: you)?(?: with (?:that|this))?)?",
    // Feeling with the customer.
    r"(?:i|we)(?:'m| am|'re| are)?(?: (?:so|very|really|truly|deeply))? sorry(?: (?:to hear (?:that|this|about (?:that|this))|for (?:the|any|this) (?:inconvenience|confusion|trouble|delay)|about that|for that))?",
    r"(?:my |our )?(?:sincere )?apologies(?: for (?:the|any|this) (?:inconvenience|confusion|trouble|delay))?|sorry(?: about that)?|unfortunately",
    r"(?:i|we)(?: (?:completely|fully|totally))? (?:understand|appreciate)(?: (?:your|the) (?:frustration|concern|concerns|question|situation|patience))?(?: (?:this|that|how) (?:can|may|must) be (?:frustrating|confusing|annoying|difficult))?",
    // Lead-ins.
    r"(?:here(?:'s| is| are)|below (?:is|are)|the following (?:is|are)|these are) (?:the |a |an |some |your |what you need to know|my )?(?:short |brief |quick |detailed |complete |full |key |main |relevant |following )?(?:steps?|summary|answer|overview|details|information|points|list|options|explanation|breakdown|facts|requirements|instructions|results?|what (?:you need to know|i found))?(?: (?:to follow|for you|you need|you asked for|below))?",
    r"(?:based on|according to|as per|from) (?:the |your |our |my )?(?:provided |given |available |following |retrieved |above )?(?:documents?|documentation|information|context|sources?|passages?|knowledge base|policy|policies|search results)(?: (?:provided|available|given|above|i have))?(?:,? (?:here (?:is|are) (?:the |a |an )?(?:answer|summary|steps|details|information)))?",
    r"(?:in summary|to summari[sz]e|in short|in brief|in conclusion|to conclude|overall|finally|first(?:ly)?|second(?:ly)?|third(?:ly)?|next|lastly|additionally|also|moreover|furthermore|for example|for instance|as requested|answer|final answer|response|result|summary|note|important|please note|nb|tip|hint|warning|attention|steps?|details|overview|tl dr|tldr|q|a|faq)",
    r"(?:let me|let's|let us|i(?:'ll| will)|allow me to)(?: (?:now|just|first|quickly))? (?:check|look(?: into)?|take a look|have a look|see|explain|walk you through|go through|help|help you|assist(?: you)?|break (?:it|this|that) down|summari[sz]e|clarify|find out|get started|begin|start|dive in)(?: (?:that|this|it|these|at (?:that|this|it)|into (?:that|this|it)))?(?: (?:for you|with (?:that|this)|step by step|together|now))?",
    r"as requested,? here is (?:the|your) (?:information|answer|summary)",
    // Offers and closings.
    r"(?:i |we )?(?:really )?hope(?: that)? (?:this|that|it)(?: information| answer)? (?:helps|clarifies (?:things|it|that)|answers your question|is helpful|was helpful)(?: you)?(?: out)?|hope(?: that| this)? (?:helps|clarifies things)",
    r"that(?:'s| is) (?:all|it)(?: for now)?",
    r"is there (?:anything|something) else(?: (?:that )?(?:i|we) (?:can|could|may) (?:help|assist)(?: you)?(?: with)?(?: today)?)?",
    r"(?:what|how) else can i (?:help|do)(?: for)?(?: you)?(?: with)?(?: today)?|(?:how )?can i (?:help|assist)(?: you)?(?: with (?:that|this|anything(?: else)?))?(?: today)?",
    r"(?:i(?:'m| am) )?(?:here|happy|glad) to (?:help|assist)(?: you)?(?: with (?:that|this|any questions?|anything(?: else)?))?(?: further| today)?",
    // Disclaimers.
    r"(?:please (?:note|be aware) that )?this (?:answer|response|text|message|content|reply|information|summary) (?:was|is|has been|may be|might be) (?:generated|created|produced|written|provided)(?: automatically)? (?:by|with|using) (?:an? )?(?:ai|artificial intelligence|language model|llm|ai assistant)(?:,? and (?:may|might|can|could) (?:contain|include) (?:mistakes|errors|inaccuracies))?|and (?:may|might|can) (?:contain|include) (?:mistakes|errors|inaccuracies)",
    r"(?:this|that|it|the (?:above|information)) (?:is|does|should)(?: not|n't) (?:constitute |be (?:taken|considered) as |intended as )?(?:financial|legal|tax|medical|investment|professional)(?: or (?:financial|legal|tax|medical|investment))? advice",
    r"(?:please note that )?(?:this|the|all) information (?:may|might|can|could) (?:be |have )?(?:subject to change|changed?|outdated|be outdated|not be up to date|change)(?: (?:at any time|over time|without notice))?",
    // Without a word of its own.
    r"(?:yes|no)? ?(?:sources?|references?|citations?|links?|further reading)(?: used)?",
    // Other languages.
    r"(?:guten (?:tag|morgen|abend)|hallo|liebe[rs]? (?:kundin|kunde|kunden)|sehr geehrte damen und herren|(?:vielen |herzlichen )?dank(?: fur (?:ihre|deine) (?:frage|nachricht|anfrage|geduld))?|danke(?: fur (?:ihre|deine) (?:frage|nachricht|anfrage|geduld))?|gerne?(?: doch)?|mit freundlichen grußen|quellen?|zusammenfassung|antwort|hinweis|wichtig)",
    r"(?:hier (?:sind|ist|finden sie)|im folgenden(?: finden sie)?) (?:die|der|das|eine|einige|alle)? ?(?:schritte|antwort|zusammenfassung|ubersicht|informationen|details|punkte)|(?:ich hoffe,? )?das hilft(?: ihnen| dir)?(?: weiter)?|(?:kann|darf) ich (?:ihnen|dir) (?:sonst )?noch (?:weiter)?helfen|es tut mir (?:sehr )?leid",
    r"(?:bonjour|merci(?: (?:beaucoup|pour votre (?:question|message|patience)))?|bien sur|voici (?:les|la|le|une?|quelques)? ?(?:etapes|reponse|resume|informations|details)|cordialement|sources?|n'hesitez pas a (?:me |nous )?(?:contacter|demander|ecrire|poser (?:d'autres|vos) questions)|je suis desolee?)",
    r"(?:hola|buenos dias|gracias(?: por (?:su|tu) (?:pregunta|mensaje|paciencia))?|por supuesto|claro|aqui (?:estan|tiene|esta) (?:los|las|el|la|un|una)? ?(?:pasos|respuesta|resumen|informacion)|espero que (?:esto )?(?:le |te )?ayude|fuentes?|saludos|lo siento)",
    r"(?:ciao|buongiorno|grazie(?: per la (?:sua|tua) (?:domanda|pazienza|richiesta))?|certo|ecco (?:i|la|il|le|un|una)? ?(?:passaggi|risposta|riassunto|informazioni)|fonti|spero che (?:questo |cio )?(?:ti |le |vi )?(?:aiuti|sia utile)|mi dispiace)",
    r"(?:您好|你好|谢谢(?:您)?(?:的(?:提问|问题|耐心))?|当然|以下是(?:步骤|答案|总结|相关信息|详细信息)?|希望(?:这)?(?:对您)?有(?:所)?帮助|来源|参考|抱歉|对不起)",
    r"(?:こんにちは|ありがとうございます?|ありがとうございました|もちろんです?|以下(?:の|が)(?:手順|回答|通り)(?:です)?|申し訳(?:ございません|ありません)|出典|お役に立てれば幸いです)",
];

/// Whether a sentence says nothing: each of its clauses is a courtesy, and no number is in it.
pub fn is_courtesy(sentence: &str) -> bool {
    let clauses = clauses(sentence);
    if clauses.is_empty() {
        return !sentence.chars().any(char::is_alphanumeric);
    }
    // Numbers are read last: that takes longer than all else, and few sentences get so far.
    clauses.iter().all(|clause| is_courteous(clause))
        && mentions(sentence).iter().all(|mention| mention.is_weak)
}

/// Whether a clause is a courtesy, or several with commas between.
pub(super) fn is_courteous(clause: &str) -> bool {
    is_plain(clause) || (clause.contains(", ") && clause.split(", ").all(is_plain))
}

fn is_plain(part: &str) -> bool {
    let part = part.trim_matches(|c: char| !c.is_alphanumeric());
    let says_nothing = |pattern: &Regex| {
        let found = pattern.captures(part);
        found.is_some_and(|found| !found.name("own").is_some_and(|own| may_claim(own.as_str())))
    };
    COURTESY.is_match(part) || OPEN.iter().any(says_nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_is_told_apart() {
        for sentence in [
            "Here are the steps:",
            "Here's what you need to know:",
            "Based on the documents:",
            "Sure! Here is a summary:",
            "Great question!",
            "Of course, happy to help.",
            "**Answer**",
            "I hope this helps!",
            "This answer was generated by AI and may contain mistakes.",
            "This is not financial advice.",
            "For more information, see the Help Center.",
            "For further details, please contact support.",
            "Is there anything else I can help you with?",
            "I understand your frustration.",
            "I'm sorry to hear that.",
            "That's all!",
            "Hope that clarifies things.",
            "Let's take a look.",
            "Let me check that for you.",
            "Please hand the question over to the responsible team.",
            "Good morning!",
            "Dear customer,",
            "Let me know if you have any other questions!",
            "Please note that this information may be subject to change.",
            "Based on the provided documents, here is the answer:",
            "Danke für Ihre Frage!",
            "Hier sind die Schritte:",
            "Voici les étapes :",
            "以下是步骤：",
            "ありがとうございます。",
            "•",
        ] {
            assert!(is_courtesy(sentence), "{sentence}: {:?}", clauses(sentence));
        }
    }

    #[test]
    fn what_says_something_beside_it_is_no_courtesy() {
        for sentence in [
            "Please note that refunds take 30 days.",
            "For further details, call 0800 123 456 on Sundays.",
            "This is not financial advice, but the fund guarantees a profit.",
            "In summary: there is no fee.",
            "Note: the fee applies to business customers only.",
            "As requested, here is the information: nobody has to pay.",
            "Thank you for your patience; your account has been closed.",
            "For more information, see the Help Center, which opens at 6 am.",
            "For more information, see the Help Center, which is open at night.",
            "The card is free.",
            "Contact support and your fee is waived.",
            "Let me know if you want the free insurance that every customer gets.",
            "Is there anything better than our free house for every customer?",
            "Do you have any idea that deposits are insured by the owner?",
            "Hand the question to the team that pays every customer.",
            "If you need a house, we offer one.",
            "Grazie per la casa gratis per ogni cliente.",
        ] {
            assert!(
                !is_courtesy(sentence),
                "{sentence}: {:?}",
                clauses(sentence)
            );
        }
    }
}
