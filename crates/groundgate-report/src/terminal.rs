//! Pages of a terminal: lines in the style that it understands, with named parts, titles and tables.

use super::visible::{columns, wrap};

/// Columns of the name before a named line.
const NAME: usize = 10;
/// Columns of what is named.
const LINE: usize = 66;

/// What the place where the text goes can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// ANSI colors are understood.
    pub color: bool,
    /// More than ASCII can be shown.
    pub unicode: bool,
    /// It is the log of a CI job, whose runner obeys lines such as `::error::`.
    pub workflow_log: bool,
}

/// How a text stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// A title.
    Bold,
    /// What went wrong.
    BoldRed,
}

impl Ink {
    /// The text, with ANSI codes around it where the terminal has colors.
    pub fn paint(self, text: &str, has_color: bool) -> String {
        let code = match self {
            Self::Bold => "1",
            Self::BoldRed => "1;31",
        };
        if has_color {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// A page that grows line by line.
#[derive(Debug)]
pub struct TerminalPage {
    text: String,
    style: Style,
}

impl TerminalPage {
    /// Nothing yet.
    pub const fn new(style: Style) -> Self {
        Self {
            text: String::new(),
            style,
        }
    }

    /// One line, without what a terminal of ASCII cannot show.
    pub fn line(&mut self, text: &str) {
        let text = text.trim_end();
        if self.style.unicode {
            self.text.push_str(text);
        } else {
            self.text
                .push_str(&text.replace('×', "x").replace('−', "-"));
        }
        self.text.push('\n');
    }

    /// A named line, or several where it is long.
    pub fn named(&mut self, name: &str, text: &str) {
        let lines = wrap(text, LINE);
        let (first, others) = match lines.split_first() {
            Some((first, others)) => (first.as_str(), others),
            None => ("", lines.as_slice()),
        };
        self.line(&format!("{}{first}", pad(name, NAME)));
        for line in others {
            self.line(&format!("{}{line}", pad("", NAME)));
        }
    }

    /// A title, after an empty line.
    pub fn title(&mut self, text: &str) {
        self.line("");
        self.line(&Ink::Bold.paint(text, self.style.color));
    }

    /// The page, with a line break at its end.
    pub fn into_text(self) -> String {
        self.text
    }
}

/// The text, filled up to so many columns; a longer one stays as it is.
pub fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style {
        color: false,
        unicode: true,
        workflow_log: false,
    };

    fn page(style: Style) -> String {
        let mut page = TerminalPage::new(style);
        page.title("rules ×");
        page.named("note", &["word"; 20].join(" "));
        page.into_text()
    }

    #[test]
    fn a_long_named_line_goes_on_under_its_beginning() {
        let words = |n: usize| ["word"; 20].get(..n).unwrap().join(" ");
        let expected = format!(
            "\nrules ×\nnote      {}\n          {}\n",
            words(13),
            words(7)
        );
        assert_eq!(page(PLAIN), expected);
    }

    #[test]
    fn color_and_unicode_are_there_only_where_they_are_understood() {
        let color = Style {
            color: true,
            ..PLAIN
        };
        assert!(page(color).contains("\u{1b}[1mrules ×\u{1b}[0m\n"));
        let ascii = Style {
            unicode: false,
            ..PLAIN
        };
        assert!(page(ascii).is_ascii() && page(ascii).contains("rules x\n"));
    }

    #[test]
    fn cells_are_filled_by_columns_and_not_by_characters() {
        assert_eq!(pad("日本", 6), "日本  ");
        assert_eq!(pad("long", 2), "long");
    }
}
