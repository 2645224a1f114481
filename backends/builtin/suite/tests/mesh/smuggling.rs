//! Requests whose length one reader takes for another than the next one does: RFC 9112, sections 2, 3, 5, 6, 7 and 11.
//!
//! Each is followed by an innocent one of the same caller. Whatever becomes of it, the application sees nothing that can be read in
//! two ways, and never a request for `/smuggled`.

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Caller, Mesh};

use super::backend::{Backend, told, with_backend};
use super::message::Message;
use super::raw::{HOST, each, innocent, send, ways};
use super::scenario::{Shared, trial};

/// Refused, and the connection is closed, lest anything behind it is taken for a request.
const REFUSED: &str = "400 x|501 x";

/// It has one meaning, and the next request is one.
const SERVED: &str = "200 200";

/// A recipient may be lenient where both meanings are the same.
const EITHER: &str = "200 200|200 x|400 x|501 x";

/// Where the mistake stands in the body, others have been told of the request already: the answer may be lost.
const BROKEN: &str = "400 x|413 x|431 x|x";

/// An attack: what it is called, its lines up to the body, and what the rule allows.
struct Attack {
    name: &'static str,
    /// `{H}`: the line that names the host, `{S}`: the request that is smuggled, `{C}`: that one in a chunk, and the last chunk.
    text: &'static str,
    fits: &'static str,
    /// A data plane that does otherwise, and what.
    but: Option<(&'static str, &'static str)>,
}

impl Attack {
    const fn but(self, data_plane: &'static str, fits: &'static str) -> Self {
        Self { but: Some((data_plane, fits)), ..self }
    }
}

const fn attack(name: &'static str, text: &'static str, fits: &'static str) -> Attack {
    Attack { name, text, fits, but: None }
}

/// Lengths: RFC 9112, section 6.
const LENGTHS: [Attack; 21] = [
    // An intermediary may process it by its coding alone, and closes in any case (6.1).
    attack(
        "length, then coding",
        "POST /a HTTP/1.1\r\n{H}content-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{S}",
        "200 x|400 x",
    ),
    attack("coding, then length", "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n{C}", "200 x|400 x"),
    attack(
        "coding, then a longer length",
        "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\ncontent-length: 900\r\n\r\n{C}",
        "200 x|400 x",
    ),
    attack("length 0, then coding", "POST /a HTTP/1.1\r\n{H}content-length: 0\r\ntransfer-encoding: chunked\r\n\r\n{C}", "200 x|400 x"),
    attack("equal lengths", "POST /a HTTP/1.1\r\n{H}content-length: 5\r\ncontent-length: 5\r\n\r\nhello", EITHER),
    attack("a list of equal lengths", "POST /a HTTP/1.1\r\n{H}content-length: 5, 5\r\n\r\nhello", EITHER),
    attack("differing lengths", "POST /a HTTP/1.1\r\n{H}content-length: 0\r\ncontent-length: 63\r\n\r\n{S}", REFUSED),
    attack("differing lengths, the other way round", "POST /a HTTP/1.1\r\n{H}content-length: 63\r\ncontent-length: 0\r\n\r\n{S}", REFUSED),
    attack("a list of differing lengths", "POST /a HTTP/1.1\r\n{H}content-length: 5, 6\r\n\r\nhello!", REFUSED),
    attack("a length with a plus", "POST /a HTTP/1.1\r\n{H}content-length: +5\r\n\r\nhello", REFUSED),
    attack("a length below zero", "POST /a HTTP/1.1\r\n{H}content-length: -1\r\n\r\n{S}", REFUSED),
    attack("a length in base sixteen", "POST /a HTTP/1.1\r\n{H}content-length: 0x5\r\n\r\nhello", REFUSED),
    attack("a length with a space within", "POST /a HTTP/1.1\r\n{H}content-length: 5 5\r\n\r\nhello", REFUSED),
    attack("a length with an exponent", "POST /a HTTP/1.1\r\n{H}content-length: 5e0\r\n\r\nhello", REFUSED),
    attack("a length with a fraction", "POST /a HTTP/1.1\r\n{H}content-length: 5.0\r\n\r\nhello", REFUSED),
    attack("a length of 2^64 + 5", "POST /a HTTP/1.1\r\n{H}content-length: 18446744073709551621\r\n\r\nhello", "400 x|413 x"),
    attack(
        "a length of sixty digits",
        "POST /a HTTP/1.1\r\n{H}content-length: 999999999999999999999999999999999999999999999999999999999999\r\n\r\nhello",
        "400 x|413 x",
    ),
    attack("an empty length", "POST /a HTTP/1.1\r\n{H}content-length:\r\n\r\n{S}", REFUSED),
    attack("an empty length beside another", "POST /a HTTP/1.1\r\n{H}content-length:\r\ncontent-length: 5\r\n\r\nhello", REFUSED),
    attack("a length with zeros before it", "POST /a HTTP/1.1\r\n{H}content-length: 0000000005\r\n\r\nhello", EITHER),
    attack(
        "a length that the connection is said to own",
        "POST /a HTTP/1.1\r\n{H}connection: content-length\r\ncontent-length: 5\r\n\r\nhello",
        EITHER,
    ),
];

/// Codings: RFC 9112, sections 6.1 and 7.
const CODINGS: [Attack; 17] = [
    attack("chunks", "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\n\r\n{C}", SERVED),
    attack("chunks, in capitals", "POST /a HTTP/1.1\r\n{H}Transfer-Encoding: CHUNKED\r\n\r\n{C}", SERVED),
    attack("a coding behind a tab", "POST /a HTTP/1.1\r\n{H}transfer-encoding:\tchunked\r\n\r\n{C}", EITHER),
    attack("a coding behind more spaces", "POST /a HTTP/1.1\r\n{H}transfer-encoding:   chunked  \r\n\r\n{C}", EITHER),
    attack("no such coding", "POST /a HTTP/1.1\r\n{H}transfer-encoding: xchunked\r\n\r\n{C}", REFUSED),
    attack("no such coding, with a length", "POST /a HTTP/1.1\r\n{H}transfer-encoding: xchunked\r\ncontent-length: 5\r\n\r\n{C}", REFUSED),
    attack("chunks that are not the last coding", "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked, identity\r\n\r\n{C}", REFUSED),
    attack("identity, then chunks", "POST /a HTTP/1.1\r\n{H}transfer-encoding: identity, chunked\r\n\r\n{C}", REFUSED),
    attack("a coding that nobody here undoes", "POST /a HTTP/1.1\r\n{H}transfer-encoding: gzip, chunked\r\n\r\n{C}", REFUSED),
    attack("chunks twice", "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked, chunked\r\n\r\n{C}", REFUSED),
    attack(
        "chunks, then identity, in two lines",
        "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n{C}",
        REFUSED,
    ),
    attack(
        "identity, then chunks, in two lines",
        "POST /a HTTP/1.1\r\n{H}transfer-encoding: identity\r\ntransfer-encoding: chunked\r\n\r\n{C}",
        REFUSED,
    ),
    attack("an empty coding", "POST /a HTTP/1.1\r\n{H}transfer-encoding:\r\n\r\n{C}", REFUSED),
    attack("a coding with a parameter", "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked;q=0\r\n\r\n{C}", REFUSED),
    attack("a coding in quotes", "POST /a HTTP/1.1\r\n{H}transfer-encoding: \"chunked\"\r\n\r\n{C}", REFUSED),
    attack("a coding behind a vertical tab", "POST /a HTTP/1.1\r\n{H}transfer-encoding: \u{b}chunked\r\n\r\n{C}", REFUSED),
    attack(
        "a coding that the connection is said to own",
        "POST /a HTTP/1.1\r\n{H}connection: transfer-encoding\r\ntransfer-encoding: chunked\r\n\r\n{C}",
        EITHER,
    ),
];

/// Chunks: RFC 9112, section 7.1.
const CHUNKS: [Attack; 17] = [
    attack("a chunk with an extension", "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n", SERVED),
    attack(
        "a chunk with an extension in quotes",
        "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\n\r\n5;a=\"b;c\"\r\nhello\r\n0;d\r\n\r\n",
        SERVED,
    ),
    attack(
        "an extension with a bare line feed",
        "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\n\r\n5;a\nhello\r\n0\r\n\r\n",
        BROKEN,
    ),
    attack("a chunk of size 0x5", "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", BROKEN),
    attack("a chunk of size +5", "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n", BROKEN),
    attack("a chunk of size -1", "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n", BROKEN),
    attack("a size behind a space", "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n", BROKEN),
    attack(
        "a size of 17 digits",
        "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n",
        BROKEN,
    ),
    attack("no size", "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n", BROKEN),
    attack("no line break behind a chunk", "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n", BROKEN),
    attack("more than the size behind a chunk", "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n", BROKEN),
    attack("a bare line feed behind a size", "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", BROKEN),
    // Envoy takes either for the end of a line, as section 2.2 allows of heads.
    attack("a bare line feed behind a chunk", "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n", BROKEN)
        .but("envoy", "200 200"),
    attack(
        "a bare carriage return behind a size",
        "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\n\r\n5\rhello\r\n0\r\n\r\n",
        BROKEN,
    ),
    // To hyper the next request is part of trailers that it drops: it reaches nobody, and nobody waits for its answer but who sent it.
    attack("a bare line feed at the end", "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\n", EITHER)
        .but("meshglot", "200"),
    attack(
        "trailers",
        "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n5\r\nhello\r\n0\r\nx-other: 1\r\n\r\n",
        EITHER,
    ),
    attack(
        "trailers that would frame or route it",
        "POST /a HTTP/1.1\r\n{H}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\ncontent-length: 63\r\ntransfer-encoding: x\r\nhost: evil\r\n\r\n",
        EITHER,
    ),
];

/// Lines: RFC 9112, sections 2.2, 3 and 5.
const LINES: [Attack; 30] = [
    attack("a folded line", "GET /a HTTP/1.1\r\n{H}x-a: 1\r\n x-b: 2\r\n\r\n", EITHER),
    attack("a folded coding", "POST /a HTTP/1.1\r\n{H}transfer-encoding:\r\n chunked\r\n\r\n{C}", EITHER),
    attack("a folded length", "POST /a HTTP/1.1\r\n{H}x-a: 1\r\n\tcontent-length: 63\r\n\r\n", EITHER),
    attack("bare line feeds", "GET /a HTTP/1.1\nhost: api-v2.shop\n\n", EITHER),
    attack("a coding behind a bare line feed", "POST /a HTTP/1.1\r\n{H}x-a: 1\ntransfer-encoding: chunked\r\n\r\n{C}", EITHER),
    attack("a bare carriage return in a value", "GET /a HTTP/1.1\r\n{H}x-a: 1\rx-b: 2\r\n\r\n", EITHER),
    attack("a coding behind a bare carriage return", "POST /a HTTP/1.1\r\n{H}x-a: 1\rtransfer-encoding: chunked\r\n\r\n", EITHER),
    attack("a bare carriage return in the first line", "GET /a\rb HTTP/1.1\r\n{H}\r\n", "400 x"),
    attack("a space before the colon", "GET /a HTTP/1.1\r\n{H}x-a : 1\r\n\r\n", "400 x"),
    attack("a space before the colon of a length", "POST /a HTTP/1.1\r\n{H}content-length : 63\r\n\r\n{S}", "400 x"),
    attack("a tab before the colon of a coding", "POST /a HTTP/1.1\r\n{H}transfer-encoding\t: chunked\r\n\r\n{C}", "400 x"),
    attack("a space before the first header", "GET /a HTTP/1.1\r\n x-a: 1\r\n{H}\r\n", "400 x|200 200"),
    attack("NUL in a value", "GET /a HTTP/1.1\r\n{H}x-a: 1\u{0}2\r\n\r\n", EITHER),
    attack("NUL in a name", "GET /a HTTP/1.1\r\n{H}x-a\u{0}: 1\r\n\r\n", "400 x"),
    attack("a control byte in a value", "GET /a HTTP/1.1\r\n{H}x-a: \u{1}\u{8}\r\n\r\n", EITHER),
    attack("DEL in a value", "GET /a HTTP/1.1\r\n{H}x-a: \u{7f}\r\n\r\n", EITHER),
    attack("a space in a name", "GET /a HTTP/1.1\r\n{H}x a: 1\r\n\r\n", "400 x"),
    attack("a bracket in a name", "GET /a HTTP/1.1\r\n{H}x[a]: 1\r\n\r\n", "400 x"),
    attack("no name", "GET /a HTTP/1.1\r\n{H}: 1\r\n\r\n", "400 x"),
    attack("no colon", "GET /a HTTP/1.1\r\n{H}content-length\r\n\r\n", "400 x"),
    attack("an empty line before it", "\r\nGET /a HTTP/1.1\r\n{H}\r\n", EITHER),
    attack("two spaces in the first line", "GET  /a HTTP/1.1\r\n{H}\r\n", EITHER),
    attack("a space in the target", "GET /a b HTTP/1.1\r\n{H}\r\n", "400 x"),
    attack("a version in the target", "GET /a HTTP/1.1 /smuggled HTTP/1.1\r\n{H}\r\n", "400 x"),
    // To Envoy whatever is not 1.1 is too old.
    attack("no version", "GET /a\r\n{H}\r\n", "400 x|x").but("envoy", "426 x"),
    attack("a version in small letters", "GET /a http/1.1\r\n{H}\r\n", "400 x"),
    // Likewise.
    attack("no such version", "GET /a HTTP/9.9\r\n{H}\r\n", "400 x|505 x").but("envoy", "426 x"),
    attack("HTTP/1.0 with chunks", "POST /a HTTP/1.0\r\n{H}transfer-encoding: chunked\r\n\r\n{C}", "400 x|426 x|200 x"),
    attack(
        "HTTP/1.0 with a length and kept alive",
        "POST /a HTTP/1.0\r\n{H}connection: keep-alive\r\ncontent-length: 5\r\n\r\nhello",
        "200 200|200 x|426 x|426 200",
    ),
    attack("a length for a request without a body", "GET /a HTTP/1.1\r\n{H}content-length: 5\r\n\r\nhello", SERVED),
];

/// Hosts, targets, and what is asked of the connection: RFC 9112, sections 3.2 and 9; RFC 9110, sections 7.2 and 7.8.
const HOSTS: [Attack; 20] = [
    attack("no host", "GET /a HTTP/1.1\r\n\r\n", "400 x|400 200"),
    // Envoy makes one list of them, which no route knows as another host.
    attack("two hosts", "GET /a HTTP/1.1\r\n{H}host: evil\r\n\r\n", "400 x|400 200").but("envoy", "200 200"),
    // Likewise.
    attack("one host twice", "GET /a HTTP/1.1\r\n{H}{H}\r\n", "400 x|400 200").but("envoy", "200 200"),
    attack("an empty host", "GET /a HTTP/1.1\r\nhost:\r\n\r\n", "400 x|400 200|200 200"),
    attack("a host with a space", "GET /a HTTP/1.1\r\nhost: api-v2.shop evil\r\n\r\n", "400 x|400 200"),
    attack("a list of hosts", "GET /a HTTP/1.1\r\nhost: api-v2.shop, evil\r\n\r\n", "400 x|400 200|200 200"),
    attack("a host with a path", "GET /a HTTP/1.1\r\nhost: api-v2.shop/smuggled\r\n\r\n", "400 x|400 200"),
    attack("a host that the connection is said to own", "GET /a HTTP/1.1\r\n{H}connection: host\r\n\r\n", EITHER),
    attack("the absolute form", "GET http://api-v2.shop/a HTTP/1.1\r\n{H}\r\n", SERVED),
    // The header is ignored, and replaced by the authority (RFC 9112, 3.2.2).
    attack("the absolute form and another host", "GET http://api-v2.shop/a HTTP/1.1\r\nhost: evil\r\n\r\n", "200 200|400 x"),
    // The authority of the target is enough for Envoy.
    attack("the absolute form without a host", "GET http://api-v2.shop/a HTTP/1.1\r\n\r\n", "400 x|400 200").but("envoy", "200 200"),
    // Likewise.
    attack("the absolute form and two hosts", "GET http://api-v2.shop/a HTTP/1.1\r\n{H}host: evil\r\n\r\n", "400 x|400 200")
        .but("envoy", "200 200"),
    attack("the form of an authority", "GET api-v2.shop:80 HTTP/1.1\r\n{H}\r\n", "400 x|400 200|404 x|404 200"),
    attack("a tunnel", "CONNECT api-v2.shop:80 HTTP/1.1\r\n{H}\r\n", "400 x|404 x|404 200|405 x|403 x|403 200"),
    attack("an asterisk of another method", "GET * HTTP/1.1\r\n{H}\r\n", "400 x|400 200"),
    attack("a fragment", "GET /a#/smuggled HTTP/1.1\r\n{H}\r\n", "400 x|400 200|200 200"),
    attack(
        "another protocol, which begins at once",
        "GET /a HTTP/1.1\r\n{H}connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n",
        "200 200|403 x|403 200",
    ),
    // The application says 200: nothing has changed.
    // Envoy reads nothing more of a connection that asked for another protocol.
    attack(
        "a websocket that does not come about",
        "GET /a HTTP/1.1\r\n{H}connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\r\n",
        "200 200|200 x",
    )
    .but("envoy", "200"),
    attack("a body that waits for a word", "POST /a HTTP/1.1\r\n{H}expect: 100-continue\r\ncontent-length: 5\r\n\r\nhello", SERVED),
    attack(
        "a body that waits for another word",
        "POST /a HTTP/1.1\r\n{H}expect: 200-ok\r\ncontent-length: 5\r\n\r\nhello",
        "200 200|417 x|417 200",
    ),
];

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    let kinds: [(&str, &'static [Attack]); 5] =
        [("lengths", &LENGTHS), ("codings", &CODINGS), ("chunks", &CHUNKS), ("lines", &LINES), ("hosts", &HOSTS)];
    let trials = kinds.map(|(kind, attacks)| {
        trial(&format!("smuggling/{kind}"), mesh, move |mesh| with_backend(mesh, told, |mesh, backend| play(mesh, backend, attacks)))
    });
    let more = trial("smuggling/an extension of a chunk that is longer than any head", mesh, |mesh| {
        with_backend(mesh, told, |mesh, backend| {
            let text =
                format!("POST /a HTTP/1.1\r\n{{H}}transfer-encoding: chunked\r\n\r\n5;{}\r\nhello\r\n0\r\n\r\n", "x".repeat(70 << 10));
            // Envoy drops it as it comes.
            let attack = attack("a long extension", text.leak(), BROKEN).but("envoy", SERVED);
            play(mesh, backend, std::slice::from_ref(&attack))
        })
    });
    trials.into_iter().chain([more]).collect()
}

fn play(mesh: &Mesh, backend: &Backend, attacks: &[Attack]) -> Result<(), Failed> {
    let own = mesh.data_plane().name();
    let both = ways(mesh).map(|(way, caller)| {
        each(attacks, |number, attack| one(&caller, own, number, attack).err().map(|why| format!("{way}: {}: {why}", attack.name)))
    });
    both.into_iter().collect::<Result<(), _>>()?;
    let received = backend.received();
    let wrong: Vec<&Message> = received.iter().filter(|request| !is_sound(request)).collect();
    let doubtful = backend.doubtful();
    if wrong.is_empty() && doubtful.is_empty() {
        return Ok(());
    }
    Err(format!("the application received {wrong:#?}\nand could read otherwise: {doubtful:#?}").into())
}

/// Nobody smuggled it, and nobody could: one host, and nothing of the attack's own.
fn is_sound(request: &Message) -> bool {
    let is_expected = ["/a", "/next"].contains(&request.target()) || request.target().starts_with("/innocent/");
    is_expected && matches!(request.all("host")[..], [host] if host != "evil")
}

fn one(caller: &Caller, own: &str, number: usize, attack: &Attack) -> Result<(), String> {
    let smuggled = format!("GET /smuggled HTTP/1.1\r\nhost: {HOST}\r\n\r\n");
    let next = format!("GET /next HTTP/1.1\r\nhost: {HOST}\r\n\r\n");
    let chunk = format!("{:x}\r\n{smuggled}\r\n0\r\n\r\n", smuggled.len());
    let text = attack.text.replace("{H}", &format!("host: {HOST}\r\n")).replace("{S}", &smuggled).replace("{C}", &chunk);
    let came = send(caller, (text + &next).as_bytes()).map_err(|error| error.to_string())?;
    let fits = attack.but.filter(|(data_plane, _)| *data_plane == own).map_or(attack.fits, |(_, fits)| fits);
    if !fits.split('|').any(|fits| fits == came.to_string()) {
        return Err(format!("{came}, not {fits}: {}", String::from_utf8_lossy(&came.rest)));
    }
    innocent(caller, number)
}
