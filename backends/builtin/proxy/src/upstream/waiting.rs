//! Tests: requests that wait where no more connections are allowed.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, LocalOptions};
use tokio::task::{JoinHandle, spawn_local};

use super::{ClusterShared, Connector, Failure, Protocol, Upstream};
use crate::http::RequestBody;
use crate::io::Seconds;
use crate::table::{Assignment, Cluster, ClusterId, Discovery, Encryption, Endpoint, Limits, LoadBalancing, Locality};

/// What is not there by then does not come.
const SILENCE: Duration = Duration::from_millis(200);

fn run(test: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default()).expect("a runtime");
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(10), test).await.expect("in time") });
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

fn upstream(address: SocketAddr, limits: Limits) -> Rc<Upstream> {
    let endpoint = Endpoint { address, is_meshed: false, is_healthy: true, weight: 1 };
    let localities = vec![Locality { priority: 0, endpoints: vec![endpoint] }];
    let cluster = Cluster {
        id: ClusterId(0),
        name: "server".into(),
        discovery: Discovery::Static(Assignment { localities }),
        connect_timeout: Duration::from_secs(5),
        balancing: LoadBalancing::RoundRobin,
        limits,
        outlier: None,
        encryption: Encryption::Plain,
    };
    let connector = Rc::new(Connector::new(Arc::new(Seconds::default())));
    Rc::new(Upstream::new(Arc::new(cluster), Arc::new(ClusterShared::default()), connector, None, None))
}

/// A request that is sent, and whose answer is read.
fn send(upstream: &Rc<Upstream>, protocol: Protocol, body: RequestBody) -> JoinHandle<Result<(), Failure>> {
    let upstream = upstream.clone();
    spawn_local(async move {
        let host = upstream.pick(([127, 0, 0, 1], 1).into(), Duration::ZERO, None, (&[], 0)).expect("an endpoint");
        let request = Request::post("http://server/").body(body).expect("a request");
        let sent = host.send(&upstream, protocol, request).await?;
        sent.response.into_body().collect().await.expect("an answer");
        sent.lease.give_back();
        Ok(())
    })
}

/// Reads a head.
async fn head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a request"));
    }
}

async fn answer(stream: &mut TcpStream) {
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.expect("somebody waits");
}

#[test]
fn a_connection_that_still_sends_is_given_to_nobody() {
    run(async {
        let (listener, address) = listen().await;
        let upstream = upstream(address, Limits { connections: 2, ..Limits::NONE });
        // More than the kernel takes from who is not read.
        let long = send(&upstream, Protocol::Http1, RequestBody::whole(Bytes::from(vec![0; 64 << 20])));
        let (mut one, _) = listener.accept().await.expect("a connection");
        head(&mut one).await;
        let second = send(&upstream, Protocol::Http1, RequestBody::Empty);
        let (mut two, _) = listener.accept().await.expect("a connection");
        head(&mut two).await;
        let third = send(&upstream, Protocol::Http1, RequestBody::Empty);
        answer(&mut one).await;
        long.await.expect("no panic").expect("an answer");
        answer(&mut two).await;
        second.await.expect("no panic").expect("an answer");
        head(&mut two).await;
        answer(&mut two).await;
        third.await.expect("no panic").expect("an answer");
        // As soon as it has sent all, it is one like any other.
        let (fourth, fifth) = (send(&upstream, Protocol::Http1, RequestBody::Empty), send(&upstream, Protocol::Http1, RequestBody::Empty));
        head(&mut two).await;
        one.read_exact(&mut vec![0; 64 << 20]).await.expect("the rest");
        head(&mut one).await;
        answer(&mut one).await;
        answer(&mut two).await;
        for other in [fourth, fifth] {
            other.await.expect("no panic").expect("an answer");
        }
    });
}

#[test]
fn requests_of_http2_wait_for_a_place() {
    run(async {
        let (listener, address) = listen().await;
        let permits = Arc::new(tokio::sync::Semaphore::new(0));
        let allowed = permits.clone();
        spawn_local(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            let answer = service_fn(move |_: Request<Incoming>| {
                let allowed = allowed.clone();
                async move {
                    allowed.acquire().await.expect("it is open").forget();
                    Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
                }
            });
            let server = http2::Builder::new(TokioExecutor::new()).max_concurrent_streams(1).serve_connection(TokioIo::new(stream), answer);
            let _ = server.await;
        });
        let upstream = upstream(address, Limits { connections: 1, pending: 2, ..Limits::NONE });
        let sent = || send(&upstream, Protocol::Http2, RequestBody::Empty);
        // Once it is answered, what the server takes is known.
        permits.add_permits(1);
        sent().await.expect("no panic").expect("an answer");
        let (one, two, three, four) = (sent(), sent(), sent(), sent());
        assert_eq!(four.await.expect("no panic"), Err(Failure::Overflow), "two wait already");
        tokio::time::sleep(SILENCE).await;
        assert!(!one.is_finished() && !two.is_finished() && !three.is_finished());
        permits.add_permits(3);
        for other in [one, two, three] {
            other.await.expect("no panic").expect("an answer");
        }
    });
}

/// Two that wait for the only connection, of which the endpoint is gone.
#[test]
fn who_waits_hears_that_the_endpoint_is_gone() {
    run(async {
        let (listener, address) = listen().await;
        let upstream = upstream(address, Limits { connections: 1, ..Limits::NONE });
        let sent = || send(&upstream, Protocol::Http1, RequestBody::Empty);
        let one = sent();
        let (mut stream, _) = listener.accept().await.expect("a connection");
        head(&mut stream).await;
        let (two, three) = (sent(), sent());
        tokio::task::yield_now().await;
        drop((listener, stream));
        assert!(one.await.expect("no panic").is_err());
        for other in [two, three] {
            assert_eq!(other.await.expect("no panic"), Err(Failure::Connect));
        }
    });
}

#[test]
fn who_gives_up_leaves_its_turn_to_the_next() {
    run(async {
        let (listener, address) = listen().await;
        let upstream = upstream(address, Limits { connections: 1, ..Limits::NONE });
        let sent = || send(&upstream, Protocol::Http1, RequestBody::Empty);
        let one = sent();
        let (mut stream, _) = listener.accept().await.expect("a connection");
        head(&mut stream).await;
        let (two, three) = (sent(), sent());
        tokio::task::yield_now().await;
        drop(stream);
        // Woken by now or soon, and gone before it has opened anything.
        assert!(one.await.expect("no panic").is_err());
        two.abort();
        let mut stream = loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            // The one that gave up may have come so far.
            if matches!(stream.peek(&mut [0]).await, Ok(1)) {
                break stream;
            }
        };
        head(&mut stream).await;
        answer(&mut stream).await;
        three.await.expect("no panic").expect("an answer");
    });
}

#[test]
fn connections_that_are_being_made_count() {
    run(async {
        let (listener, address) = listen().await;
        let upstream = upstream(address, Limits { connections: 1, ..Limits::NONE });
        let sent: Vec<_> = (0..20).map(|_| send(&upstream, Protocol::Http1, RequestBody::Empty)).collect();
        let (mut stream, _) = listener.accept().await.expect("a connection");
        for one in sent {
            head(&mut stream).await;
            answer(&mut stream).await;
            one.await.expect("no panic").expect("an answer");
        }
        assert!(tokio::time::timeout(SILENCE, listener.accept()).await.is_err(), "there is another connection");
    });
}
