//! [`CommandParser`]: reads, explains and corrects command lines.

use super::{Command, Shell, Source, Units, format_command, reader::Reader, render, word::Word, words};
use crate::{Spelling, ValidationError, report::Report, text::hides_secret};

/// How a command line is read.
///
/// ```
/// use astro_tokens::CommandParser;
///
/// let line = r#"astro organization token create --name "My Org Owner API token" --role ORGANIZATION OWNER"#;
/// let parser = CommandParser::default();
/// assert!(parser.parse(line).is_err());
/// assert_eq!(
///     parser.correct(line).as_deref(),
///     Some("astro organization token create --name 'My Org Owner API token' --role ORGANIZATION_OWNER"),
/// );
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct CommandParser {
    strict: bool,
    allow_unknown_roles: bool,
    units: Units,
}

impl CommandParser {
    /// Makes every warning an error.
    #[must_use]
    pub fn strict(self, strict: bool) -> Self {
        CommandParser { strict, ..self }
    }

    /// Lets Organization and Workspace roles through that this release does not know, with a warning.
    #[must_use]
    pub fn allow_unknown_roles(self, allow_unknown_roles: bool) -> Self {
        CommandParser { allow_unknown_roles, ..self }
    }

    /// What the spans of problems count.
    #[must_use]
    pub fn units(self, units: Units) -> Self {
        CommandParser { units, ..self }
    }

    /// Reads a command.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] with everything that can be known from the command alone. What may come from the current
    /// Workspace or Deployment is left to [`Api::build`](crate::Api::build).
    pub fn parse<'s>(self, source: impl Into<Source<'s>>) -> Result<Command, ValidationError> {
        let source = source.into();
        let (mut report, read) = self.read(&source);
        self.units.convert(&source, report.problems());
        let (mut command, warnings) = report.finish("the command", read.command)?;
        command.warnings.0 = warnings;
        Ok(command)
    }

    /// The command as it was meant, for a POSIX shell: where every mistake in it has a mend that is plain to see.
    /// `None` where there is nothing to mend, or where only its author knows how.
    pub fn correct<'s>(self, source: impl Into<Source<'s>>) -> Option<String> {
        let (mut report, read) = self.read(&source.into());
        if !report.has_errors() || !read.is_mended {
            return None;
        }
        report.problems().clear();
        let line = format_command(&read.command?, Shell::Posix).ok().filter(|line| !hides_secret(line))?;
        self.parse(line.as_str()).is_ok().then_some(line)
    }

    /// Everything about a command in words: each problem with the line, carets below the place, and help; at last the
    /// corrected command. Empty where there is nothing to say.
    pub fn explain<'s>(self, source: impl Into<Source<'s>>, color: bool) -> String {
        let source = source.into();
        let (mut report, _) = self.read(&source);
        let mut text = render::problems(&source, report.problems(), color);
        if let Some(corrected) = self.correct(source) {
            text.push_str(&render::corrected(&corrected, color));
        }
        text
    }

    fn read(self, source: &Source<'_>) -> (Report, Read) {
        let mut report = Report::new(Spelling::Snake, self.strict);
        let (words, is_cut, cut_behind) = match source {
            Source::Line(line) => {
                let split = words::split(line, &mut report);
                (split.words, split.is_cut, split.cut_behind)
            }
            Source::Arguments(arguments) => {
                let words = arguments.iter().enumerate();
                (words.map(|(position, text)| Word::argument(position, text)).collect(), false, None)
            }
        };
        let (mut report, command, is_mended) =
            Reader::new(report, words, cut_behind).read(is_cut, self.allow_unknown_roles);
        // In the order of the line; what has no place comes last.
        report.problems().sort_by_key(|problem| problem.span.map_or((true, None), |span| (false, Some(span))));
        (report, Read { command, is_mended })
    }
}

/// What was made of a command line, right or wrong.
struct Read {
    /// As far as it could be understood, mistakes mended where their meaning is clear.
    command: Option<Command>,
    /// Whether all of the mistakes were.
    is_mended: bool,
}
