//! Sentences about something else: from other cases of the eval set, or from a list of our own where
//! those say nothing.

use groundgate_model::eval_set::Case;

use super::{Dice, source::Sentences};
use crate::{claims::facts, sentences};

/// So many sentences are looked at before the next source is.
const LOOKED_AT: usize = 200;

/// Everyday sentences that the passages of few copilots have anything to do with.
const OWN: [&str; 56] = [
    "Visitors can leave bicycles in the covered stand behind the swimming pool.",
    "The orchestra rehearses in the old harbor theater on Thursday evenings.",
    "Sourdough loaves rest overnight before they are baked in the stone oven.",
    "The lighthouse keeper paints the iron railing every third spring.",
    "Tomato seedlings are moved to the greenhouse when the frost is over.",
    "The ferry to the northern island does not sail in heavy fog.",
    "Choir members return their music folders after the summer concert.",
    "The museum shows its collection of wooden looms on the upper floor.",
    "Hikers find drinking water at the spring below the ridge.",
    "The village bakery sells cinnamon rolls until they run out.",
    "Owls nest in the tower of the ruined monastery each year.",
    "The chess club lends its boards to schools in the valley.",
    "Swimmers shower before they enter the thermal baths.",
    "The tram to the botanical garden stops beside the fountain.",
    "Beekeepers feed the colonies with syrup at the end of summer.",
    "The potter glazes her bowls with ash from cherry wood.",
    "Skaters may use the frozen pond when the green flag is up.",
    "The library keeps its maps of the coast in flat drawers.",
    "Shepherds bring the flock down from the alpine meadows in autumn.",
    "The astronomy group meets on the roof when the sky is clear.",
    "Carpenters store oak planks under the roof of the sawmill.",
    "The zoo feeds its penguins with herring before noon.",
    "Violin strings are changed before the season of concerts begins.",
    "The marathon leads along the canal and over the suspension bridge.",
    "Gardeners prune the apple trees while they are still bare.",
    "The puppet theater performs a tale about a clever fox.",
    "Divers check their hoses on deck before they go down.",
    "The cheese ripens for eleven weeks in a sandstone cellar.",
    "Lifeguards watch the beach from a white wooden tower.",
    "The school kitchen serves lentil soup on rainy Mondays.",
    "Climbers sign the book in the hut below the glacier.",
    "The steam train runs through the gorge on summer Sundays.",
    "Weavers wash the wool in the brook behind the mill.",
    "The film festival opens with a comedy about two rival florists.",
    "Sailors fold the spare canvas in the locker near the mast.",
    "The blacksmith teaches apprentices how to forge garden gates.",
    "Storks come back to the chimney of the brickworks in March.",
    "The crossword appears on the last page of the evening paper.",
    "Rowers lift their boats out of the river before the weir.",
    "The planetarium dims its lamps while visitors take their seats.",
    "Die Fähre zur Insel legt bei dichtem Nebel nicht ab.",
    "Der Chor probt am Donnerstag im alten Hafentheater.",
    "Im Botanischen Garten blühen die Kamelien schon im Februar.",
    "Wanderer finden Trinkwasser an der Quelle unterhalb des Grats.",
    "Die Imker füttern ihre Völker am Ende des Sommers mit Sirup.",
    "Das Museum zeigt seine hölzernen Webstühle im Obergeschoss.",
    "Die Bäckerei im Dorf verkauft Zimtschnecken bis zum Mittag.",
    "Der Schachverein verleiht seine Bretter an Schulen im Tal.",
    "Les musiciens répètent le jeudi dans le vieux théâtre du port.",
    "Le phare est repeint par son gardien tous les trois printemps.",
    "El museo guarda los telares de madera en la planta superior.",
    "Las cigüeñas vuelven en marzo a la chimenea del molino.",
    "Il coro prova il giovedì nel vecchio teatro del porto.",
    "I pastori portano il gregge a valle in autunno.",
    "Os pescadores secam as redes junto ao farol ao fim da tarde.",
    "De veerboot naar het eiland vaart niet bij dichte mist.",
];

/// Where sentences about something else are taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlPool {
    /// Statements of the cases, each with its case's id.
    of_cases: Vec<(String, String)>,
}

impl ControlPool {
    /// The pool of a plan; `None` where there is one case alone: nothing is unrelated to it then.
    pub fn of_cases(cases: &[Case]) -> Option<Self> {
        if cases.len() < 2 {
            return None;
        }
        let statements = cases.iter().flat_map(|case| {
            facts(case)
                .into_iter()
                .filter(|fact| is_sentence(&fact.text))
                .map(|fact| (case.id.clone(), fact.text))
        });
        Some(Self {
            of_cases: statements.collect(),
        })
    }

    /// A sentence of another case that the texts have little to do with, else one of our own.
    pub(crate) fn about_something_else(
        &self,
        case: &Case,
        texts: &Sentences,
        dice: &Dice,
    ) -> Option<String> {
        let start = dice.below(self.of_cases.len(), "other case");
        let all = self.of_cases.iter().cycle().skip(start);
        let others = all.take(self.of_cases.len().min(LOOKED_AT));
        let others = others
            .filter(|(id, _)| *id != case.id)
            .map(|(_, text)| text.as_str());
        let order = dice.order(OWN.len(), "own");
        let own = order
            .into_iter()
            .filter_map(|place| OWN.get(place).copied());
        let fits = |text: &&str| texts.say_nothing_of(text);
        let found: Vec<&str> = others.filter(fits).take(8).collect();
        let alike = found.iter().find(|text| texts.is_alike(text));
        let chosen = alike.or(found.first()).copied();
        chosen
            .or_else(|| own.into_iter().find(|text| fits(text)))
            .map(str::to_owned)
    }
}

/// Whether a fact is one whole sentence, and no note.
fn is_sentence(text: &str) -> bool {
    text.starts_with(char::is_uppercase)
        && text.ends_with(['.', '!', '。'])
        && sentences::split(text).len() == 1
}

#[cfg(test)]
mod tests {
    use groundgate_model::unit::Digest;

    use super::*;
    use crate::test_values::case;

    fn dice() -> Dice {
        Dice(Digest::of(b"x"))
    }

    #[test]
    fn one_case_alone_has_nothing_that_is_unrelated() {
        assert_eq!(ControlPool::of_cases(&[case("How long?")]), None);
        assert!(ControlPool::of_cases(&[case("How long?"), case("How much?")]).is_some());
    }

    #[test]
    fn another_case_is_taken_from_before_our_own_list_and_never_the_same() {
        let named = |id: &str, reference: &str| {
            let mut case = case("How long?");
            case.id = id.to_owned();
            case.reference_answer = Some(reference.to_owned());
            case
        };
        let cases = [
            named("a", "Refunds are paid within fourteen days."),
            named("b", "Branches open at nine on working days."),
        ];
        let pool = ControlPool::of_cases(&cases).unwrap();
        let texts = Sentences::of(["Refunds are paid within fourteen days."], &[]);
        let other = pool.about_something_else(&cases[0], &texts, &dice());
        assert_eq!(
            other.as_deref(),
            Some("Branches open at nine on working days.")
        );
        // What the texts do say something of is not about something else.
        let texts = Sentences::of(["Branches open at nine on working days."], &[]);
        let own = pool
            .about_something_else(&cases[0], &texts, &dice())
            .unwrap();
        assert!(OWN.contains(&own.as_str()), "{own}");
    }
}
