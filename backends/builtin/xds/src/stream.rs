//! One proxy's stream: what it says goes into its session, and what that wants to send goes out.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use tokio::sync::{mpsc, watch};
use tokio_stream::StreamExt;
use tonic::{Status, Streaming};

use crate::discovery::{Admission, Refusal};
use crate::node::Node;
use crate::proxies::{Nack, Proxies, ProxyStatus};
use crate::session::{Push, Session};
use crate::stages::Stage;
use crate::wire::{Dialect, Said};

/// So many names are remembered for one proxy, of whatever it says that it wants or has.
const NAMES: usize = 100_000;

/// One stream.
pub(crate) struct Proxy<D: Dialect> {
    pub(crate) dialect: D,
    pub(crate) stages: watch::Receiver<Stage>,
    pub(crate) admission: Arc<dyn Admission>,
    pub(crate) proxies: Arc<Proxies>,
    /// Its number.
    pub(crate) stream: u64,
    pub(crate) peer: tonic::Extensions,
    pub(crate) requests: Streaming<D::Request>,
    pub(crate) sender: mpsc::Sender<Result<Push, Status>>,
}

/// What a stream waits for.
enum Event<R> {
    Request(R),
    World,
    Time,
}

impl<D: Dialect> Proxy<D> {
    pub(crate) async fn serve(mut self) {
        if let Err(status) = self.run().await {
            // Who is gone hears nothing.
            let _ = self.sender.send(Err(status)).await;
        }
        self.proxies.leave(self.stream);
    }

    async fn run(&mut self) -> Result<(), Status> {
        let Some(first) = self.requests.next().await.transpose()? else { return Ok(()) };
        let node = D::node(&first).cloned();
        let agent = node.as_ref().map(|node| node.user_agent_name.clone()).unwrap_or_default();
        let node = Node::of(node.as_ref())
            .ok_or_else(|| Status::invalid_argument("the id of a node is NAMESPACE/WORKLOAD/INSTANCE: start the proxy with such an id"))?;
        let identity = self.admission.admit(&self.peer, &node).map_err(|Refusal(why)| Status::permission_denied(why))?;
        let status =
            ProxyStatus { node: node.clone(), identity, agent, since: SystemTime::now(), revision: 0, kinds: [].into(), last_nack: None };
        self.proxies.enter(self.stream, status);
        let world = self.stages.borrow_and_update().world(&node.workload).clone();
        let mut revision = world.revision();
        let mut session = Session::new(world.view(&node.workload));
        drop(world);
        let mut event = Event::Request(first);
        loop {
            let mut nack = None;
            match event {
                Event::Request(request) => nack = self.heard(&mut session, request)?,
                Event::World => {
                    let world = self.stages.borrow_and_update().world(&node.workload).clone();
                    revision = world.revision();
                    session.reads(world.view(&node.workload));
                }
                Event::Time => {}
            }
            while let Some(push) = session.next(Instant::now()) {
                if self.sender.send(Ok(push)).await.is_err() {
                    return Ok(());
                }
            }
            self.proxies.note(self.stream, revision, &session, nack);
            event = match self.wait(&session).await? {
                Some(event) => event,
                None => return Ok(()),
            };
        }
    }

    /// What the client says goes into its session; a refusal is given back.
    fn heard(&mut self, session: &mut Session, request: D::Request) -> Result<Option<Nack>, Status> {
        // To a type that nobody has, silence is an answer.
        let Some(Said { kind, asked, answer }) = self.dialect.said(request) else { return Ok(None) };
        let mut nack = None;
        if let Some((nonce, answer)) = answer {
            if let Err(why) = &answer {
                nack = Some(Nack { kind, why: why.clone(), at: SystemTime::now() });
            }
            session.answers(kind, nonce, answer);
        }
        session.asks(kind, asked);
        if session.remembered() > NAMES {
            return Err(Status::resource_exhausted(format!("more than {NAMES} names: no proxy of a mesh has so many resources")));
        }
        Ok(nack)
    }

    async fn wait(&mut self, session: &Session) -> Result<Option<Event<D::Request>>, Status> {
        let time = async {
            match session.wakes() {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            request = self.requests.next() => Ok(request.transpose()?.map(Event::Request)),
            changed = self.stages.changed() => Ok(changed.ok().map(|()| Event::World)),
            () = time => Ok(Some(Event::Time)),
        }
    }
}
