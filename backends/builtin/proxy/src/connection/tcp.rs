//! Connections of bytes.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::Connection;
use crate::access::{Access, Decision, Subject};
use crate::io::{Meter, Metered, Stream, carry};
use crate::observe::{ConnectionKey, Flag, Told, Value, write};
use crate::table::{LogValue, TcpProxy};
use crate::upstream::{Counted, Failure, hash};

/// Carries bytes between the caller and an endpoint.
pub(super) async fn serve(connection: Rc<Connection>, proxy: &Arc<TcpProxy>, access: &[Access], stream: Stream) {
    let line = Line {
        connection: connection.clone(),
        proxy: proxy.clone(),
        began: Instant::now(),
        decisions: decide(&connection, access),
        meter: Meter::default(),
        is_ended: Cell::new(false),
        flag: Cell::new(None),
        upstream: Cell::new(None),
        cluster: Cell::new(None),
    };
    if line.decisions.iter().all(|decision| decision.passes) {
        pass_on(&line, stream).await;
    } else {
        line.flag.set(Some(Flag::Denied));
    }
}

/// What access filters say of a connection.
pub(crate) fn decide(connection: &Connection, access: &[Access]) -> Vec<Decision> {
    let subject = Subject {
        id: connection.peer.as_ref().map(|peer| &*peer.id),
        address: connection.remote.ip(),
        port: connection.facts.called.port(),
        request: None,
    };
    access.iter().filter(|access| access.asks()).map(|access| access.decide(&subject)).collect()
}

async fn pass_on(line: &Line, stream: Stream) {
    let (connection, proxy) = (&line.connection, &line.proxy);
    let cluster = proxy.shares.draw();
    connection.set_goes_to(cluster);
    let Some(upstream) = connection.worker.upstream(cluster) else { return line.fails(Failure::NoCluster) };
    line.cluster.set(Some(upstream.cluster.name.clone()));
    let hash = proxy.hash_source.then(|| hash(connection.remote.ip().to_string().as_bytes(), 0));
    let host = match upstream.pick(connection.facts.called, connection.worker.now(), hash, (&[], 0)) {
        Ok(host) => host,
        Err(why) => return line.fails(why),
    };
    let Some(_place) = upstream.permit(Counted::Connection, false) else { return line.fails(Failure::Overflow) };
    let _lease = host.lease();
    line.upstream.set(Some(host.address));
    let connected = tokio::select! {
        connected = upstream.connect_bytes(&host, connection.activity.clone()) => connected,
        () = connection.closes() => return,
    };
    upstream.judge(&host, connected.is_ok().then_some(http::StatusCode::OK), || connection.worker.now());
    let mut other = match connected {
        Ok(other) => other,
        Err(why) => return line.fails(why),
    };
    let mut stream = Metered::new(stream, &line.meter);
    tokio::select! {
        carried = carry(&mut stream, &mut other) => line.is_ended.set(carried.is_ok()),
        () = connection.closes() => {}
    }
}

/// What the log tells when the connection has ended.
struct Line {
    connection: Rc<Connection>,
    proxy: Arc<TcpProxy>,
    began: Instant,
    decisions: Vec<Decision>,
    meter: Meter,
    /// By itself.
    is_ended: Cell<bool>,
    flag: Cell<Option<Flag>>,
    upstream: Cell<Option<SocketAddr>>,
    cluster: Cell<Option<Arc<str>>>,
}

impl Line {
    fn fails(&self, why: Failure) {
        self.flag.set(Some(match why {
            Failure::NoCluster => Flag::NoCluster,
            Failure::NoEndpoint => Flag::NoHealthyUpstream,
            Failure::Overflow => Flag::Overflow,
            _ => Flag::ConnectionFailure,
        }));
    }

    /// Whether it went as it should, so that a share of its like can stand for all.
    fn is_well(&self) -> bool {
        self.is_ended.get() && self.flag.get().is_none() && self.decisions.iter().all(Decision::is_clear)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let cluster = self.cluster.take();
        let (connection, meter) = (&self.connection, &self.meter);
        let key = ConnectionKey {
            direction: connection.direction,
            cluster: cluster.clone(),
            peer: connection.peer.as_ref().map(|peer| peer.id.clone()),
            flag: self.flag.get(),
        };
        connection.worker.metrics.connection(key, |counters| counters.add(meter.received(), meter.sent(), self.began.elapsed()));
        let (worker, told) = (&connection.worker, Ended { line: self, cluster });
        let is_logged = worker.log.share.draws() || !self.is_well();
        if let Some(log) = self.proxy.log.as_ref().filter(|_| is_logged) {
            worker.log.add(|out| write(log, &told, out));
        }
        worker.tap.tell(connection.direction.into(), &told);
    }
}

struct Ended<'l> {
    line: &'l Line,
    cluster: Option<Arc<str>>,
}

impl Told for Ended<'_> {
    fn value(&self, of: &LogValue) -> Value<'_> {
        let Self { line, cluster } = self;
        let connection = &line.connection;
        match of {
            LogValue::BytesReceived => Value::Number(line.meter.received()),
            LogValue::BytesSent => Value::Number(line.meter.sent()),
            LogValue::LocalAddress => Value::Address(connection.facts.called),
            LogValue::RemoteAddress => Value::Address(connection.remote),
            LogValue::PeerId => connection.peer.as_ref().map_or(Value::Nothing, |peer| Value::Text(&peer.id)),
            LogValue::TlsVersion if connection.peer.is_some() => Value::Text("TLSv1.3"),
            LogValue::Duration => Value::Millis(line.began.elapsed()),
            LogValue::Access(name) => line.decisions.iter().find_map(|decision| decision.told(name)).map_or(Value::Nothing, Value::Text),
            LogValue::TerminationDetails if line.decisions.iter().any(|decision| !decision.passes) => Value::Text("rbac_deny_close"),
            LogValue::Flags => line.flag.get().map_or(Value::Text("-"), |flag| Value::Text(flag.short())),
            LogValue::Start => Value::Time(connection.worker.wall(line.began)),
            LogValue::Cluster => cluster.as_ref().map_or(Value::Nothing, |name| Value::Text(name)),
            LogValue::Upstream => line.upstream.get().map_or(Value::Nothing, Value::Address),
            _ => Value::Nothing,
        }
    }
}
