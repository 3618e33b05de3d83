//! Tables, aligned by what a terminal shows.

use unicode_width::UnicodeWidthStr;

use crate::{api_error::masked, text::is_invisible};

const BETWEEN: usize = 3;
const LEAST: usize = 12;

/// A header and rows of as many cells.
pub(super) struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(header: Vec<&'static str>) -> Self {
        Table { header, rows: Vec::new() }
    }

    pub(super) fn push(&mut self, row: Vec<&str>) {
        self.rows.push(row.into_iter().map(cell).collect());
    }

    /// As text. Where it is wider than `columns`, the column called `flexible` is cut.
    pub(super) fn text(mut self, columns: Option<usize>, flexible: &str) -> String {
        let header = self.header.iter().map(|name| (*name).to_owned()).collect();
        self.rows.insert(0, header);
        let mut widths: Vec<usize> = (0..self.header.len())
            .map(|column| self.rows.iter().map(|row| row[column].width()).max().unwrap_or_default())
            .collect();
        let whole = widths.iter().sum::<usize>() + BETWEEN * (widths.len() - 1);
        let flexible = self.header.iter().position(|name| *name == flexible);
        if let (Some(columns), Some(flexible)) = (columns, flexible) {
            widths[flexible] =
                widths[flexible].saturating_sub(whole.saturating_sub(columns)).max(LEAST.min(widths[flexible]));
            for row in &mut self.rows {
                row[flexible] = cut(&row[flexible], widths[flexible]);
            }
        }
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + BETWEEN));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Text of the user's own as it can stand in a table: on one line, with nothing that rewrites the terminal, and no secret.
fn cell(text: &str) -> String {
    let printable = |character: char| match character {
        '\n' | '\t' | '\r' => ' ',
        _ if character.is_control() || is_invisible(character) => '\u{fffd}',
        _ => character,
    };
    masked(text).chars().map(printable).collect()
}

fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    for character in text.chars() {
        short.push(character);
        if short.width() >= width {
            short.pop();
            break;
        }
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_width() {
        let mut table = Table::new(vec!["ID", "NAME", "ROLE"]);
        table.push(vec!["a", "ロケット", "X"]);
        table.push(vec!["bb", "e\u{1b}[2J\u{301}", ""]);
        assert_eq!(table.text(None, "NAME"), "ID   NAME       ROLE\na    ロケット   X\nbb   e\u{fffd}[2J\u{301}\n");
    }

    #[test]
    fn what_is_too_wide_is_cut() {
        let mut table = Table::new(vec!["ID", "DESCRIPTION"]);
        table.push(vec!["a", &"long ".repeat(10)]);
        let text = table.text(Some(30), "DESCRIPTION");
        assert_eq!(text.lines().nth(1), Some("a    long long long long long…"));
    }

    #[test]
    fn secrets_are_masked() {
        assert_eq!(cell("x eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"), "x [redacted]");
    }
}
