//! What the examples `blocking` and `async` share: everything but their HTTP client.

use std::{
    error::Error,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, SystemTime},
};

use astro_tokens::{
    ApiOptions, ApiToken, Credential, Request, Secret, base_url_of_domain,
    conversation::{ConversationError, Event, RotateToken, Session},
    inspect,
};
use http::HeaderValue;

/// How long a connection may take to come about.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request may take from its beginning to the last byte of the answer.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// Who calls: the credential, and what it says about itself.
pub(crate) struct Caller {
    credential: Secret,
    pub(crate) session: Session,
}

impl Caller {
    /// From the environment: `ASTRO_API_TOKEN`, and `ASTRO_DOMAIN` unless a base URL is given. Astro is asked nothing yet.
    pub(crate) fn from_env(
        variable: impl Fn(&str) -> Option<String>,
        base_url: Option<&str>,
    ) -> Result<Self, Box<dyn Error>> {
        let credential = Credential::from_env(&variable)?.token;
        // Its claims name the Organization, and its own id, so that nobody locks themselves out by rotating it.
        let claims = inspect(credential.expose(), now_ms())?;
        let base_url = match base_url {
            Some(base_url) => base_url.to_owned(),
            None => base_url_of_domain(&variable("ASTRO_DOMAIN").unwrap_or_default())?,
        };
        let session = Session::new(ApiOptions::new(claims.organization_id).base_url(base_url).build()?);
        let session = match claims.token_id {
            Some(token_id) => session.token_id(token_id),
            None => session,
        };
        Ok(Caller { credential, session })
    }

    /// The request as it is sent: with the credential, marked as sensitive, and with who sends it.
    pub(crate) fn signed(&self, request: Request) -> Result<http::Request<Vec<u8>>, Box<dyn Error>> {
        let mut request = http::Request::try_from(request)?;
        let headers = request.headers_mut();
        headers.insert("authorization", HeaderValue::try_from(&self.credential)?);
        headers.insert("user-agent", HeaderValue::from_static("my-program/1.0"));
        headers.insert("x-astro-client-identifier", HeaderValue::from_static("my-program"));
        headers.insert("x-astro-client-version", HeaderValue::from_static("1.0"));
        Ok(request)
    }
}

/// What came on the way of a conversation, and where its secrets go.
#[derive(Default)]
pub(crate) struct Desk {
    pub(crate) tokens: Vec<ApiToken>,
    /// The file for a new secret, and the store of a rotation.
    pub(crate) file: Option<PathBuf>,
}

impl Desk {
    /// The answer to `Step::Prove`: that the folder of the file can be written to.
    pub(crate) fn prove(&self) -> Event {
        let Some(file) = &self.file else { return Event::NoStore };
        let probe = beside(file, ".probe");
        match fs::write(&probe, "").and_then(|()| fs::remove_file(&probe)) {
            Ok(()) => Event::Proved,
            Err(error) => Event::NotProved { message: format!("{}: {error}", file.display()) },
        }
    }

    /// The answer to `Step::ReadStore`: what the file holds.
    pub(crate) fn read(&self) -> Event {
        match self.file.as_ref().map(fs::read_to_string) {
            Some(Ok(text)) => Event::Holds { secret: Some(Secret::new(text.trim().to_owned())) },
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => Event::Holds { secret: None },
            _ => Event::Unreadable,
        }
    }

    /// The answer to `Step::Store`. The file is put in its place at last and at once, so a failure is certain.
    pub(crate) fn store(&self, secret: &Secret) -> Event {
        let stored = match &self.file {
            Some(file) => write_private(file, secret),
            None => Err(io::Error::other("no file was given")),
        };
        match stored {
            Ok(()) => Event::Stored,
            Err(error) => Event::NotStored { message: error.to_string(), is_certain: true },
        }
    }

    /// Ends a conversation that failed. Nobody will be told the secret that it may hold again, so that is kept, beside the
    /// file and not in it: whether it is the right one is for people to judge.
    pub(crate) fn failed(&self, error: Box<ConversationError>) -> Box<dyn Error> {
        if let (Some(secret), Some(file)) = (&error.secret, &self.file) {
            let aside = beside(file, ".unfinished");
            return match write_private(&aside, secret) {
                Ok(()) => format!("{error}\n  secret: in {}", aside.display()).into(),
                Err(failure) => format!("{error}\n  secret: lost: {failure}").into(),
            };
        }
        error
    }
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// Writes a secret into a file that only its owner can read, and that is never half written.
fn write_private(file: &Path, secret: &Secret) -> io::Result<()> {
    let new = beside(file, ".new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(&new)?;
    opened.write_all(secret.expose().as_bytes())?;
    opened.sync_all()?;
    fs::rename(new, file)
}

/// The time in milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A seed for the jitter of waits: a different one each time.
pub(crate) fn seed() -> u64 {
    now_ms().unsigned_abs()
}

/// What the examples are asked for: `[--base-url URL] [--rotate NAME FILE]`.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Arguments {
    pub(crate) base_url: Option<String>,
    pub(crate) rotate: Option<(String, PathBuf)>,
}

impl Arguments {
    pub(crate) fn read(mut given: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut arguments = Arguments::default();
        while let Some(argument) = given.next() {
            let mut value = |what: &str| given.next().ok_or_else(|| format!("`{argument}` needs {what}"));
            match argument.as_str() {
                "--base-url" => arguments.base_url = Some(value("a URL")?),
                "--rotate" => {
                    arguments.rotate = Some((value("the name of a token")?, value("a file for the secret")?.into()));
                }
                _ => return Err(format!("`{argument}` is not `--base-url URL` or `--rotate NAME FILE`").into()),
            }
        }
        Ok(arguments)
    }
}

/// With overlap: the old secret works until the new one is stored.
pub(crate) fn rotation(name: &str) -> RotateToken<'_> {
    RotateToken::default().token_name(name).overlap(true)
}

/// A token on one line, without its secret.
pub(crate) fn line(token: &ApiToken) -> String {
    let expiry = token.end_at.as_ref().map_or("never expires".to_owned(), |end| format!("expires {end}"));
    format!("{} {} ({}), {expiry}", token.id, token.name, token.short_token)
}

/// The end of a program: an error in its own words, for people.
pub(crate) fn exit(outcome: Result<(), Box<dyn Error>>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
