//! [`Batch`]: many tokens to create, from values or from NDJSON, of which none stops the others.

use crate::{
    Api, Code, CreateToken, Method, Operation, Problem, Request, ValidationError, Value, fields::Fields, ndjson::Lines,
    report::Report,
};

/// The bodies of requests that create tokens, and what is wrong with the entries that made none.
///
/// An entry that is wrong does not stop the others, unless [`Batch::stop_on_error`] says so; everything that is wrong with
/// all of them is reported at once, each with the position of its entry.
///
/// ```
/// use astro_tokens::{Api, CreateToken};
///
/// let api = Api::new("clorg")?;
/// let text = r#"{"name": "CI", "role": "ORGANIZATION_MEMBER", "expiration_days": 90}
/// {"name": "Nightly", "role": "ORGANIZATION_MEMBR", "expiration_days": 90}"#;
/// let batch = api.create_tokens_from_ndjson(text);
///
/// assert_eq!((batch.total(), batch.len()), (2, 1));
/// let failure = &batch.failures()[0];
/// assert_eq!((failure.index, failure.line), (1, Some(2)));
/// assert_eq!(failure.problems[0].to_string(), "\
/// line 2: role: `ORGANIZATION_MEMBR` is not an Organization role (invalid_role)
///   help: did you mean `ORGANIZATION_MEMBER`?");
/// for (index, request) in batch.requests() {
///     println!("{index}: {request}");
/// }
///
/// // All of them or none:
/// assert!(api.create_tokens([CreateToken::new("CI", "ORGANIZATION_OWNER")]).into_result().is_ok());
/// # Ok::<(), astro_tokens::ValidationError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Batch {
    api: Api,
    /// Each with a newline behind it.
    bodies: Vec<u8>,
    built: usize,
    total: usize,
    /// Lines of NDJSON, blank ones too.
    lines: usize,
    failures: Vec<BatchEntry>,
    warnings: Vec<BatchEntry>,
    stops_on_error: bool,
}

/// A place between the requests of a [`Batch`]: see [`Batch::cursor`].
#[derive(Clone, Debug, Default)]
pub struct BatchCursor {
    body: usize,
    index: usize,
    failure: usize,
    warning: usize,
}

/// What was found in one entry of a [`Batch`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchEntry {
    /// The position of the entry: 0 is the first one. Blank lines are no entries.
    pub index: usize,
    /// Its line, where it was a line of NDJSON: 1 is the first one.
    pub line: Option<usize>,
    /// Everything that was found. Each field begins with the place of the entry: `line 3: role`, `[2].role`.
    pub problems: Vec<Problem>,
}

impl Batch {
    /// An empty one. [`Api::create_tokens`] and [`Api::create_tokens_from_ndjson`] fill one in a single call; this is for
    /// callers that stop at an error, want to be told how far it is ([`Batch::extend_with_progress`],
    /// [`Batch::push_ndjson_with_progress`]), or read as they go:
    ///
    /// ```
    /// use std::io::BufRead;
    /// use astro_tokens::{Api, Batch};
    ///
    /// let file = r#"{"name": "CI", "role": "ORGANIZATION_MEMBER", "expiration_days": 90}"#.as_bytes();
    /// let mut batch = Batch::new(&Api::new("clorg")?).stop_on_error(true);
    /// for line in file.lines() {
    ///     batch.push_ndjson(line?);
    ///     if batch.is_stopped() {
    ///         break;
    ///     }
    /// }
    /// assert_eq!(batch.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(api: &Api) -> Self {
        Batch::behind(api, 0, 0)
    }

    /// An empty one that goes on counting where another one ended: behind so many entries, and lines of NDJSON.
    #[must_use]
    pub fn behind(api: &Api, entries: usize, lines: usize) -> Self {
        Batch {
            api: api.clone(),
            bodies: Vec::new(),
            built: 0,
            total: entries,
            lines,
            failures: Vec::new(),
            warnings: Vec::new(),
            stops_on_error: false,
        }
    }

    /// Whether the first entry with an error is the last one that is looked at.
    #[must_use]
    pub fn stop_on_error(mut self, stops: bool) -> Self {
        self.stops_on_error = stops;
        self
    }

    /// Whether it takes no further entries: one of them was wrong, and [`Batch::stop_on_error`] is set.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stops_on_error && !self.failures.is_empty()
    }

    /// Takes one more token.
    pub fn push(&mut self, token: &CreateToken<'_>) {
        if !self.is_stopped() {
            let report = self.api.report();
            self.add(token, report, None);
        }
    }

    /// Takes one more entry: an object with the fields of [`CreateToken`] by name. Bindings to other languages use this.
    pub fn push_value(&mut self, entry: Value<'_>) {
        if self.is_stopped() {
            return;
        }
        let mut report = self.api.report();
        match entry {
            Value::Object(pairs) => {
                let token = CreateToken::read(&mut report, "", pairs.into_iter());
                self.add(&token, report, None);
            }
            other => {
                report.wrong_input(&other);
                self.refuse(report, None);
            }
        }
    }

    /// Takes lines of NDJSON, each an object with the fields of [`CreateToken`] by name, spelt as the [`Api`] spells them.
    /// Blank lines are no entries. The last line needs no newline; what is pushed next begins a line of its own.
    pub fn push_ndjson(&mut self, text: impl AsRef<[u8]>) {
        let mut rest = text.as_ref();
        if rest.is_empty() {
            // A line without anything in it, as `str::lines` gives one.
            self.lines += 1;
        }
        if self.lines == 0 {
            // What some editors mark UTF-8 with.
            rest = rest.strip_prefix("\u{feff}".as_bytes()).unwrap_or(rest);
        }
        while !rest.is_empty() && !self.is_stopped() {
            match std::str::from_utf8(rest) {
                Ok(text) => rest = &rest[self.read(text)..],
                Err(error) => {
                    let (valid, _) = rest.split_at(error.valid_up_to());
                    let broken = valid.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
                    // The text before the broken line is whole lines of UTF-8, so this reads it all unless it stops.
                    self.read(std::str::from_utf8(&rest[..broken]).unwrap_or_default());
                    if self.is_stopped() {
                        return;
                    }
                    let end = rest[broken..].iter().position(|byte| *byte == b'\n');
                    rest = end.map_or(&[], |end| &rest[broken + end + 1..]);
                    self.refuse_bytes();
                }
            }
        }
    }

    /// Makes room for the bodies of so many bytes of lines, which are about as long: once, because memory of a large batch
    /// takes long to move. What stays unused was never touched.
    pub(crate) fn reserve(&mut self, length: usize) {
        self.bodies.reserve(length + length / 4);
    }

    /// Reads lines, and says how many bytes of them it has read.
    fn read(&mut self, text: &str) -> usize {
        self.reserve(text.len());
        let mut lines = Lines::new(text);
        while !lines.is_at_end() && !self.is_stopped() {
            self.lines += 1;
            let start = lines.position();
            if lines.is_blank() {
                let _ = lines.end_line(start);
                continue;
            }
            let mut report = self.api.report();
            let token = match lines.members() {
                Some(members) => Ok(CreateToken::read(&mut report, "", members)),
                None => Err(lines.value()),
            };
            if let Err((at, expected)) = lines.end_line(start) {
                let column = text[start..start + at].chars().count() + 1;
                self.refuse_text(column, expected);
                continue;
            }
            match token {
                Ok(token) => self.add(&token, report, Some(self.lines)),
                Err(value) => {
                    report.wrong_input(&value);
                    self.refuse(report, Some(self.lines));
                }
            }
        }
        lines.position()
    }

    fn refuse_text(&mut self, column: usize, expected: &str) {
        let mut report = self.api.report();
        let message = format!("this is not JSON from column {column} on: expected {expected}");
        let help = "write one JSON object a line, with nothing around and between them".to_owned();
        report.push(Code::InvalidJson, None, None, message, help);
        self.refuse(report, Some(self.lines));
    }

    fn refuse_bytes(&mut self) {
        self.lines += 1;
        let mut report = self.api.report();
        let help = "save the text as UTF-8; some shells write UTF-16".to_owned();
        report.push(Code::InvalidUnicode, None, None, "the line is not UTF-8".to_owned(), help);
        self.refuse(report, Some(self.lines));
    }

    fn refuse(&mut self, report: Report, line: Option<usize>) {
        if let Err(error) = report.finish::<()>(CreateToken::NAME, None) {
            self.fail(error.problems, line);
        }
    }

    fn add(&mut self, token: &CreateToken<'_>, report: Report, line: Option<usize>) {
        match token.append(&self.api, report, &mut self.bodies) {
            Ok(warnings) => {
                self.bodies.push(b'\n');
                self.built += 1;
                if !warnings.is_empty() {
                    self.warnings.push(entry(self.total, line, warnings));
                }
                self.total += 1;
            }
            Err(error) => self.fail(error.problems, line),
        }
    }

    fn fail(&mut self, problems: Vec<Problem>, line: Option<usize>) {
        self.failures.push(entry(self.total, line, problems));
        self.total += 1;
    }

    /// The bodies of the requests as NDJSON: a line for each, in the order of the entries.
    #[must_use]
    pub fn bodies(&self) -> &[u8] {
        &self.bodies
    }

    /// How many requests there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.built
    }

    /// Whether there is no request.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.built == 0
    }

    /// How many entries were read, wrong ones too.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }

    /// How many lines of NDJSON were read, blank ones too.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// The entries that made no request, in their order, with everything that was found in them.
    #[must_use]
    pub fn failures(&self) -> &[BatchEntry] {
        &self.failures
    }

    /// The entries that made a request and deserve a look nevertheless, in their order.
    #[must_use]
    pub fn warnings(&self) -> &[BatchEntry] {
        &self.warnings
    }

    /// The method and URL of every request that creates a token.
    #[must_use]
    pub fn target(api: &Api) -> (Method, &str) {
        (Method::Post, api.tokens_url())
    }

    /// The requests, each with the position of its entry. The warnings of a request travel beside it.
    pub fn requests(&self) -> impl Iterator<Item = (usize, Request)> {
        let mut cursor = self.cursor();
        std::iter::from_fn(move || self.next_request(&mut cursor))
    }

    /// Before the first request: for iterators that cannot borrow the batch, in bindings to other languages.
    #[must_use]
    pub fn cursor(&self) -> BatchCursor {
        BatchCursor { index: self.total - self.built - self.failures.len(), ..BatchCursor::default() }
    }

    /// The request at the cursor, with the position of its entry; moves the cursor on.
    pub fn next_request(&self, cursor: &mut BatchCursor) -> Option<(usize, Request)> {
        let rest = self.bodies.get(cursor.body..)?;
        let length = rest.iter().position(|byte| *byte == b'\n')?;
        while self.failures.get(cursor.failure).is_some_and(|failure| failure.index == cursor.index) {
            cursor.failure += 1;
            cursor.index += 1;
        }
        let index = cursor.index;
        let warned = self.warnings.get(cursor.warning).filter(|warned| warned.index == index);
        cursor.warning += usize::from(warned.is_some());
        cursor.body += length + 1;
        cursor.index += 1;
        let request = Request {
            method: Method::Post,
            url: self.api.tokens_url().clone(),
            body: Some(rest[..length].to_vec()),
            warnings: warned.map(|warned| warned.problems.clone()).unwrap_or_default(),
        };
        Some((index, request))
    }

    /// The batch, if all of its entries made requests.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] with the problems of all entries that did not.
    pub fn into_result(self) -> Result<Self, ValidationError> {
        match self.error() {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }

    /// What [`Batch::into_result`] fails with.
    #[must_use]
    pub fn error(&self) -> Option<ValidationError> {
        let problems: Vec<Problem> =
            self.failures.iter().flat_map(|failure| failure.problems.iter().cloned()).collect();
        (!problems.is_empty()).then(|| ValidationError {
            subject: self.api.report().spelling.spell("create_tokens"),
            stands: "nothing was sent",
            problems,
        })
    }
}

/// An entry whose problems say where it is.
fn entry(index: usize, line: Option<usize>, mut problems: Vec<Problem>) -> BatchEntry {
    for problem in &mut problems {
        problem.field = Some(match (line, problem.field.take()) {
            (Some(line), Some(field)) => format!("line {line}: {field}"),
            (Some(line), None) => format!("line {line}"),
            (None, Some(field)) => format!("[{index}].{field}"),
            (None, None) => format!("[{index}]"),
        });
    }
    BatchEntry { index, line, problems }
}

impl Api {
    /// Builds the requests that create many tokens. An entry that is wrong does not stop the others; see [`Batch`], also
    /// for how to be told about the progress.
    ///
    /// ```
    /// use astro_tokens::{Api, CreateToken};
    ///
    /// let api = Api::new("clorg")?;
    /// let teams = ["data", "web"].map(|team| CreateToken::new(team, "WORKSPACE_AUTHOR").workspace_id("clws"));
    /// assert_eq!(api.create_tokens(teams).len(), 2);
    /// # Ok::<(), astro_tokens::ValidationError>(())
    /// ```
    #[must_use]
    pub fn create_tokens<'a>(&self, tokens: impl IntoIterator<Item = CreateToken<'a>>) -> Batch {
        let mut batch = Batch::new(self);
        batch.extend(tokens);
        batch
    }

    /// Builds the requests that create many tokens, from NDJSON: one object a line, with the fields of [`CreateToken`] by
    /// name. See [`Batch::push_ndjson`].
    #[must_use]
    pub fn create_tokens_from_ndjson(&self, text: impl AsRef<[u8]>) -> Batch {
        let mut batch = Batch::new(self);
        batch.push_ndjson(text);
        batch
    }
}
