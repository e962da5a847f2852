//! Templates of judges: variables, `if` and `for`, and nothing else.
//!
//! The language is cut down before the engine sees it, so that a template can neither compute,
//! include, nor grow: an expression is a name (or a field of a loop variable), loops are at most two
//! deep and run over our lists only. Untrusted text goes in as values, which are never read as
//! template text. What comes out is limited.

use std::io::{self, Write};

use tera::{Context, Tera};

use super::mode::Mode;

/// The most characters that a template's own text may have.
const TEMPLATE_CHARS_MAX: usize = 20_000;

/// How deep loops may stand in each other.
const LOOP_DEPTH_MAX: usize = 2;

const SYSTEM: &str = "system";
const USER: &str = "user";

/// The two templates of a judge, compiled.
#[derive(Clone)]
pub(crate) struct Templates {
    engine: Tera,
    user: String,
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Templates")
    }
}

/// What is wrong with a template, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemplateMistake {
    /// In bytes from the template's start.
    pub(crate) offset: usize,
    /// What is wrong.
    pub(crate) message: String,
}

/// Which of the two templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The same for every answer.
    System,
    /// With the texts to be judged.
    User,
}

/// Why rendering failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RenderError {
    /// The text grew beyond its limit.
    #[error("the prompt has more than {0} characters")]
    TooLong(usize),
    /// The engine refused, for a reason that checking did not see.
    #[error("the template cannot be filled in: {0}")]
    Engine(String),
}

/// The variables that a template may name; lists may be looped over.
#[derive(Debug, Clone, Copy)]
struct Variable {
    name: &'static str,
    is_list: bool,
    must: bool,
}

const fn text(name: &'static str, must: bool) -> Variable {
    Variable {
        name,
        is_list: false,
        must,
    }
}

const fn list(name: &'static str, must: bool) -> Variable {
    Variable {
        name,
        is_list: true,
        must,
    }
}

const LABELS: Variable = list("labels", false);

fn variables(part: Part, mode: Mode) -> &'static [Variable] {
    const OF_SYSTEM: &[Variable] = &[LABELS];
    const OF_CLAIMS: &[Variable] = &[
        LABELS,
        text("question", false),
        list("passages", true),
        list("claims", true),
    ];
    const OF_RUBRIC: &[Variable] = &[
        LABELS,
        text("question", false),
        text("answer", true),
        text("reference", false),
        text("answerable", false),
        list("passages", false),
        list("facts", false),
    ];
    const OF_CONTEXT: &[Variable] = &[
        LABELS,
        text("question", true),
        text("reference", false),
        list("passages", true),
        list("facts", false),
    ];
    const OF_PAIR: &[Variable] = &[
        LABELS,
        text("question", true),
        text("first", true),
        text("second", true),
        list("passages", false),
    ];
    const OF_FACTS: &[Variable] = &[
        LABELS,
        text("question", false),
        text("answer", true),
        list("facts", true),
    ];
    match (part, mode) {
        (Part::System, _) => OF_SYSTEM,
        (Part::User, Mode::Claims) => OF_CLAIMS,
        (Part::User, Mode::Rubric) => OF_RUBRIC,
        (Part::User, Mode::Facts) => OF_FACTS,
        (Part::User, Mode::Context) => OF_CONTEXT,
        (Part::User, Mode::Pairwise) => OF_PAIR,
    }
}

impl Templates {
    /// Compiles two checked templates.
    pub(crate) fn compile(system: &str, user: &str) -> Result<Self, (Part, String)> {
        let mut engine = Tera::new();
        for (part, name, text) in [(Part::System, SYSTEM, system), (Part::User, USER, user)] {
            engine
                .add_raw_template(name, text)
                .map_err(|error| (part, error.to_string()))?;
        }
        Ok(Self {
            engine,
            user: user.to_owned(),
        })
    }

    /// The text of the user's template.
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// Fills a template in, up to `limit` characters.
    pub(crate) fn render(
        &self,
        part: Part,
        context: &Context,
        limit: usize,
    ) -> Result<String, RenderError> {
        let name = match part {
            Part::System => SYSTEM,
            Part::User => USER,
        };
        // No character has more than four bytes.
        let mut sink = Capped {
            bytes: Vec::new(),
            left: limit.saturating_mul(4),
            full: false,
        };
        let rendered = self.engine.render_to(name, context, &mut sink);
        if sink.full {
            return Err(RenderError::TooLong(limit));
        }
        rendered.map_err(|error| RenderError::Engine(error.to_string()))?;
        let text = String::from_utf8(sink.bytes)
            .map_err(|error| RenderError::Engine(error.to_string()))?;
        if text.chars().count() > limit {
            return Err(RenderError::TooLong(limit));
        }
        Ok(text.trim().to_owned())
    }
}

/// Takes so many bytes and no more.
struct Capped {
    bytes: Vec<u8>,
    left: usize,
    full: bool,
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(left) = self.left.checked_sub(bytes.len()) else {
            self.full = true;
            return Err(io::Error::other("limit reached"));
        };
        self.left = left;
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Everything that is wrong with a template's text.
pub(crate) fn check(template: &str, part: Part, mode: Mode) -> Vec<TemplateMistake> {
    let mut checker = Checker {
        variables: variables(part, mode),
        used: Vec::new(),
        loops: Vec::new(),
        mistakes: Vec::new(),
    };
    if template.chars().count() > TEMPLATE_CHARS_MAX {
        checker.mistake(
            0,
            format!("the template has more than {TEMPLATE_CHARS_MAX} characters"),
        );
        return checker.mistakes;
    }
    checker.walk(template);
    for variable in checker.variables {
        if variable.must && !checker.used.contains(&variable.name) {
            checker.mistake(0, format!("the template never names `{}`", variable.name));
        }
    }
    checker.mistakes
}

struct Checker {
    variables: &'static [Variable],
    used: Vec<&'static str>,
    /// Loop variables in scope, with the list they run over.
    loops: Vec<(String, &'static str)>,
    mistakes: Vec<TemplateMistake>,
}

impl Checker {
    fn mistake(&mut self, offset: usize, message: impl Into<String>) {
        self.mistakes.push(TemplateMistake {
            offset,
            message: message.into(),
        });
    }

    fn walk(&mut self, template: &str) {
        let mut at = 0;
        while let Some(open) = template.get(at..).and_then(first_mark) {
            let offset = at + open;
            let rest = template.get(offset..).unwrap_or("");
            let closing = match rest.get(..2) {
                Some("{{") => "}}",
                Some("{%") => "%}",
                _ => "#}",
            };
            let Some(length) = rest.find(closing) else {
                return self.mistake(offset, format!("`{closing}` is missing"));
            };
            let inner = rest.get(2..length).unwrap_or("");
            let inner = inner.trim_start_matches('-').trim_end_matches('-').trim();
            match closing {
                "}}" => self.expression(offset, inner),
                "%}" => self.tag(offset, inner),
                _ => {}
            }
            at = offset + length + 2;
        }
    }

    fn tag(&mut self, offset: usize, inner: &str) {
        let words: Vec<&str> = inner.split_whitespace().collect();
        match words.as_slice() {
            ["if" | "elif", "not", name] | ["if" | "elif", name] => self.expression(offset, name),
            ["else" | "endif"] => {}
            ["endfor"] => {
                self.loops.pop();
            }
            ["for", variable, "in", name] if is_name(variable) => {
                let found = self
                    .variables
                    .iter()
                    .find(|known| known.name == *name && known.is_list);
                match found {
                    Some(known) => {
                        self.used.push(known.name);
                        self.loops.push(((*variable).to_owned(), known.name));
                    }
                    None => self.mistake(
                        offset,
                        format!("`{}` is no list of this template", shown(name)),
                    ),
                }
                if self.loops.len() > LOOP_DEPTH_MAX {
                    self.mistake(offset, format!("loops are more than {LOOP_DEPTH_MAX} deep"));
                }
            }
            _ => self.mistake(
                offset,
                format!(
                    "`{}` is not allowed: templates have `if`, `else` and `for` only",
                    shown(inner)
                ),
            ),
        }
    }

    fn expression(&mut self, offset: usize, name: &str) {
        let (base, field) = name
            .split_once('.')
            .map_or((name, None), |(base, field)| (base, Some(field)));
        let of_loop = self
            .loops
            .iter()
            .rev()
            .find(|(variable, _)| variable == base)
            .map(|(_, list)| *list);
        let right = match (of_loop, field) {
            (Some(list), Some(field)) => list == LABELS.name && matches!(field, "name" | "meaning"),
            (Some(list), None) => list != LABELS.name,
            (None, Some(_)) => false,
            (None, None) => self
                .variables
                .iter()
                .find(|known| known.name == name)
                .is_some_and(|known| {
                    self.used.push(known.name);
                    true
                }),
        };
        if !right {
            self.mistake(
                offset,
                format!("`{}` is no variable of this template", shown(name)),
            );
        }
    }
}

/// Where the next `{{`, `{%` or `{#` begins.
fn first_mark(text: &str) -> Option<usize> {
    ["{{", "{%", "{#"]
        .into_iter()
        .filter_map(|mark| text.find(mark))
        .min()
}

fn is_name(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !word.is_empty()
}

fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn refused(template: &str, message: &str) {
        let mistakes = check(template, Part::User, Mode::Rubric);
        assert!(
            mistakes
                .iter()
                .any(|mistake| mistake.message.contains(message)),
            "{template}: {mistakes:?}"
        );
    }

    #[test]
    fn only_variables_conditions_and_loops_are_allowed() {
        let template = "{% if question %}Q {{ question }}{% endif %} A {{- answer -}} \
            {% for passage in passages %}{{ passage }}{% endfor %}\
            {% for label in labels %}{{ label.name }}: {{ label.meaning }}{% endfor %}{# why #}";
        assert_eq!(check(template, Part::User, Mode::Rubric), Vec::new());
        for (template, message) in [
            ("{{ answer | upper }}", "no variable"),
            ("{{ answer * 1000 }}", "no variable"),
            ("{{ get_env(name='HOME') }}", "no variable"),
            ("{{ answer", "`}}` is missing"),
            ("{{ claims }}", "no variable"),
            ("{{ labels.name }}", "no variable"),
            ("{% include 'x' %}{{ answer }}", "not allowed"),
            ("{% set x = answer %}", "not allowed"),
            ("{% for x in range(end=9) %}{% endfor %}", "no list"),
            ("{% for x in answer %}{% endfor %}", "no list"),
            ("{% if answer == 'x' %}{% endif %}", "not allowed"),
            ("{% raw %}{{ answer }}{% endraw %}", "not allowed"),
            ("{{ question }}", "never names `answer`"),
        ] {
            refused(template, message);
        }
    }

    proptest! {
        /// What the check lets pass is filled in or refused, whatever it is made of.
        #[test]
        fn no_template_makes_it_panic(
            parts in proptest::collection::vec(prop_oneof![
                Just("{{ answer }}"), Just("{{"), Just("}}"), Just("{%"), Just("%}"), Just("{#"),
                Just("{% if answer %}"), Just("{% else %}"), Just("{% endif %}"), Just("{% endfor %}"),
                Just("{% for x in passages %}"), Just("{{ x }}"), Just("-"), Just("é"), Just(" if "),
            ], 0..12)
        ) {
            let template = parts.concat();
            if check(&template, Part::User, Mode::Rubric).is_empty()
                && let Ok(templates) = Templates::compile("s", &template)
            {
                let mut context = Context::new();
                context.insert("answer", "a");
                context.insert("passages", &["p", "q"]);
                let rendered = templates.render(Part::User, &context, 10_000);
                prop_assert!(rendered.is_ok(), "{template}: {rendered:?}");
            }
        }
    }

    #[test]
    fn values_are_never_read_as_template_text_and_output_is_limited() {
        let templates = Templates::compile("s", "<{{ answer }}>").expect("compiles");
        let mut context = Context::new();
        context.insert("answer", "{{ question }} {% include 'x' %} & <b>");
        let rendered = templates.render(Part::User, &context, 100);
        assert_eq!(
            rendered.as_deref(),
            Ok("<{{ question }} {% include 'x' %} & <b>>")
        );
        assert_eq!(
            templates.render(Part::User, &context, 10),
            Err(RenderError::TooLong(10))
        );
    }
}
