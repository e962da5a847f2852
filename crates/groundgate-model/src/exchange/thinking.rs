//! What a model says to itself in the midst of its text, taken out of it. Pure.
//!
//! Models that think write it into the text where their server does not set it apart: between tags,
//! or in the channels of OpenAI's harmony format. A template may open the thought itself, so that
//! the text has its end alone; a thought that never ends takes the rest.

/// The tags of thoughts in use.
const TAGS: [Tag; 5] = [
    Tag::new("<think>", "</think>"),
    Tag::new("<thinking>", "</thinking>"),
    Tag::new("[THINK]", "[/THINK]"),
    Tag::new("◁think▷", "◁/think▷"),
    Tag::new("<|START_THINKING|>", "<|END_THINKING|>"),
];

/// What ends the text of a harmony channel.
const CHANNEL_ENDS: [&str; 4] = ["<|end|>", "<|return|>", "<|call|>", "<|start|>"];

struct Tag {
    open: &'static str,
    close: &'static str,
}

impl Tag {
    const fn new(open: &'static str, close: &'static str) -> Self {
        Self { open, close }
    }
}

/// A text and the thoughts that stood in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parted {
    /// What is said.
    pub text: String,
    /// What the model said to itself, a line each.
    pub thoughts: String,
}

impl Parted {
    fn think(&mut self, thought: &str) {
        let thought = thought.trim();
        if thought.is_empty() {
            return;
        }
        if !self.thoughts.is_empty() {
            self.thoughts.push('\n');
        }
        self.thoughts.push_str(thought);
    }
}

/// Takes the thoughts out of a text; a text without any stays as it is.
pub fn parted(text: String) -> Parted {
    let mut parted = Parted {
        text,
        thoughts: String::new(),
    };
    if parted.text.contains("<|channel|>") {
        parted = by_channels(&parted.text);
    }
    for tag in &TAGS {
        if parted.text.contains(tag.close) || parted.text.contains(tag.open) {
            take_out(&mut parted, tag);
        }
    }
    parted
}

fn take_out(parted: &mut Parted, tag: &Tag) {
    let whole = std::mem::take(&mut parted.text);
    let mut rest = whole.as_str();
    let mut said = String::new();
    // An end before any beginning ends a thought that began before the text.
    if let Some((thought, after)) = rest.split_once(tag.close)
        && !thought.contains(tag.open)
    {
        parted.think(thought);
        rest = after;
    }
    while let Some((before, inside)) = rest.split_once(tag.open) {
        said.push_str(before);
        let (thought, after) = inside.split_once(tag.close).unwrap_or((inside, ""));
        parted.think(thought);
        rest = after;
    }
    said.push_str(rest);
    said.trim().clone_into(&mut parted.text);
}

/// The channel `final` is the text; `analysis` and `commentary` are thoughts.
fn by_channels(whole: &str) -> Parted {
    let mut parted = Parted::default();
    let mut channels = whole.split("<|channel|>");
    let before = channels.next().unwrap_or_default();
    let before = before.trim_end_matches("assistant").trim_end();
    let before = before.trim_end_matches("<|start|>").trim_end();
    parted.text.push_str(before);
    for channel in channels {
        let (name, said) = channel.split_once("<|message|>").unwrap_or((channel, ""));
        let end = CHANNEL_ENDS.iter().filter_map(|end| said.find(end)).min();
        let said = end.and_then(|end| said.get(..end)).unwrap_or(said);
        if name.trim() == "final" {
            parted.text.push_str(said);
        } else {
            parted.think(said);
        }
    }
    parted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_taken_out_in_every_form() {
        for (text, said, thoughts) in [
            ("<think>hm, 99?</think>\n\nFive.", "Five.", "hm, 99?"),
            ("hm, 99?\n</think>\n\nFive.", "Five.", "hm, 99?"),
            ("<think>hm, 99", "", "hm, 99"),
            (
                "Five. <think>a</think>Six.<think>b</think>",
                "Five. Six.",
                "a\nb",
            ),
            ("[THINK]hm[/THINK]Five.", "Five.", "hm"),
            ("<thinking>hm</thinking> Five.", "Five.", "hm"),
            ("◁think▷hm◁/think▷Five.", "Five.", "hm"),
            ("<think></think>Five.", "Five.", ""),
            (
                "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Five.<|return|>",
                "Five.",
                "hm",
            ),
            ("<|channel|>analysis<|message|>hm", "", "hm"),
            ("  I think so. ", "  I think so. ", ""),
            ("a < b [1]", "a < b [1]", ""),
        ] {
            let expected = Parted {
                text: said.to_owned(),
                thoughts: thoughts.to_owned(),
            };
            assert_eq!(parted(text.to_owned()), expected, "{text}");
        }
    }
}
