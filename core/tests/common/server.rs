//! A server on 127.0.0.1 that speaks just enough HTTP/1.1 for a client to be tried on it.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, SystemTime},
};

use astro_tokens::{ReplyOutcome, Sandbox};

/// What came in: the request line and the headers, as they were sent.
type Heads = Arc<Mutex<Vec<String>>>;

/// It answers until the test ends.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) sandbox: Arc<Mutex<Sandbox>>,
    heads: Heads,
}

/// The bytes of an answer.
enum Answer {
    Whole(Vec<u8>),
    /// After these the connection is closed.
    HungUp(Vec<u8>),
}

struct Asked {
    method: String,
    url: String,
    authorization: Option<String>,
    body: Vec<u8>,
}

impl Server {
    /// The sandbox, over HTTP. Where an answer is lost or nothing was sent, it hangs up, which is all that a server can do.
    pub(crate) fn of(sandbox: Sandbox) -> Self {
        let sandbox = Arc::new(Mutex::new(sandbox));
        let shared = Arc::clone(&sandbox);
        let (url, heads) = serve(move |asked| {
            let Asked { method, url, authorization, body } = asked;
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            let now_ms = i64::try_from(since.as_millis()).unwrap();
            let reply = shared.lock().unwrap().answer_parts(method, url, authorization.as_deref(), body, now_ms);
            thread::sleep(Duration::from_millis(reply.delay_ms));
            let ReplyOutcome::Response(response) = reply.outcome else { return Answer::HungUp(Vec::new()) };
            let headers = response.headers().iter().map(|(name, value)| format!("{name}: {value}\r\n"));
            let (headers, length) = (headers.collect::<String>(), response.body().len());
            let head = format!("HTTP/1.1 {} -\r\n{headers}content-length: {length}\r\n\r\n", response.status());
            Answer::Whole([head.as_bytes(), response.body()].concat())
        });
        Server { url, sandbox, heads }
    }

    /// One that sends everybody elsewhere.
    pub(crate) fn redirecting_to(other: &str) -> Self {
        let location = other.to_owned();
        let (url, heads) = serve(move |asked| {
            let headers = format!("location: {location}{}\r\ncontent-length: 0", asked.url);
            Answer::Whole(format!("HTTP/1.1 307 -\r\n{headers}\r\n\r\n").into())
        });
        Server { url, sandbox: Arc::default(), heads }
    }

    /// One that hangs up in the middle of its answer.
    pub(crate) fn cutting_short() -> Self {
        let (url, heads) = serve(|_| Answer::HungUp(b"HTTP/1.1 200 -\r\ncontent-length: 500\r\n\r\n{".to_vec()));
        Server { url, sandbox: Arc::default(), heads }
    }

    /// The heads of all requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

/// A URL where nobody listens.
pub(crate) fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn serve(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> (String, Heads) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heads = Heads::default();
    let (answer, shared) = (Arc::new(answer), Arc::clone(&heads));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (answer, heads) = (Arc::clone(&answer), Arc::clone(&shared));
            // A client that hangs up is nothing to talk about.
            thread::spawn(move || converse(stream, &*answer, &heads));
        }
    });
    (url, heads)
}

/// One connection with all its requests.
fn converse(stream: TcpStream, answer: &dyn Fn(&Asked) -> Answer, heads: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(asked) = read(&mut reader, heads)? {
        match answer(&asked) {
            Answer::Whole(bytes) => (&stream).write_all(&bytes)?,
            Answer::HungUp(bytes) => {
                (&stream).write_all(&bytes)?;
                return stream.shutdown(Shutdown::Both);
            }
        }
    }
    Ok(())
}

fn read(reader: &mut impl BufRead, heads: &Mutex<Vec<String>>) -> io::Result<Option<Asked>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(None);
        }
    }
    let header = |name: &str| {
        let mut headers = head.lines().filter_map(|line| line.split_once(':'));
        headers.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    };
    let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut words = head.split(' ').map(str::to_owned);
    let (method, url) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let authorization = header("authorization");
    heads.lock().unwrap_or_else(PoisonError::into_inner).push(head);
    Ok(Some(Asked { method, url, authorization, body }))
}
