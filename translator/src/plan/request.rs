//! SRC, METHOD, URL and headers to a request. Names that are unknown are told with what was near.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::nearest;
use crate::effect::Party;
use crate::eval::{Call, Caller, Inventory, Request};
use crate::ir::{AccountKey, ObjectKey, ServiceKey};

/// A request as people write it.
#[derive(Clone, Copy, Debug)]
pub struct RequestLine<'a> {
    /// `sa/NAME`, `deploy/NAME`, `svc/NAME` or a bare name that means one identity, `NAMESPACE/NAME` after the kind; or
    /// `plain/NAMESPACE`, somebody there without a proxy.
    pub source: &'a str,
    /// In any case; any word for tcp.
    pub method: &'a str,
    /// `http://SERVICE[.NAMESPACE][:PORT]/PATH` or `tcp://SERVICE[.NAMESPACE]:PORT`.
    pub url: &'a str,
    /// Each `NAME: VALUE`.
    pub headers: &'a [String],
    /// Of names that have none.
    pub namespace: &'a str,
}

/// Why a line is no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RequestError {
    /// What is wrong with it.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Whether it is well written, and means nobody or nothing that is known.
    pub unknown: bool,
}

impl RequestLine<'_> {
    /// Reads it; names are those of an inventory.
    ///
    /// # Errors
    /// Where it is not written as one, or names what is not known.
    pub fn request(self, known: &Inventory) -> Result<Request, RequestError> {
        read(self, known)
    }
}

fn read(args: RequestLine<'_>, known: &Inventory) -> Result<Request, RequestError> {
    let namespace: Arc<str> = args.namespace.into();
    let (scheme, rest) = args.url.split_once("://").ok_or_else(|| usage("a URL begins with http:// or tcp://"))?;
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse::<u16>().map_err(|_| usage(format!("`{port}` is no port")))?)),
        None => (authority, None),
    };
    let mut labels = host.split('.');
    let name = labels.next().unwrap_or_default();
    let service = ServiceKey { namespace: labels.next().map_or(namespace.clone(), Arc::from), name: name.into() };
    let found = known.service(&service).ok_or_else(|| {
        let names: Vec<&str> =
            known.services().iter().filter(|other| other.key.namespace == service.namespace).map(|other| &*other.key.name).collect();
        unknown(format!("there is no Service `{}` in namespace `{}`", service.name, service.namespace), name, names)
    })?;
    let port = match port {
        Some(port) => port,
        None if scheme == "http" && found.port(80).is_some() => 80,
        None => match found.ports.as_slice() {
            [only] => only.number,
            _ => return Err(usage(format!("Service `{}` has several ports: write one after the name", service.name))),
        },
    };
    let call = match scheme {
        "tcp" => Call::Tcp,
        "http" => Call::Http {
            method: args.method.to_uppercase(),
            target: if path.is_empty() { "/".to_owned() } else { path.to_owned() },
            headers: headers(args.headers, authority)?,
        },
        other => return Err(usage(format!("`{other}` is none of http, tcp"))),
    };
    Ok(Request { caller: caller(args.source, &namespace, known)?, service, port, call })
}

fn headers(written: &[String], authority: &str) -> Result<Vec<(String, String)>, RequestError> {
    let mut headers = vec![("host".to_owned(), authority.to_owned())];
    for header in written {
        let (name, value) = header.split_once(':').ok_or_else(|| usage(format!("`{header}` is not NAME: VALUE")))?;
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Ok(headers)
}

/// An identity, by whatever names it.
fn caller(source: &str, namespace: &Arc<str>, known: &Inventory) -> Result<Caller, RequestError> {
    let (kind, name) = source.split_once('/').unwrap_or(("", source));
    let (namespace, name) = name.split_once('/').map_or((namespace.clone(), name), |(namespace, name)| (namespace.into(), name));
    let here = || known.workloads().iter().filter(|workload| workload.key.namespace == namespace);
    let account = |name: &Arc<str>| AccountKey { namespace: namespace.clone(), name: name.clone() };
    let by_account = || here().filter(|workload| &*workload.service_account == name).map(|workload| account(&workload.service_account));
    let by_workload = || here().filter(|workload| &*workload.key.name == name).map(|workload| account(&workload.service_account));
    let by_service = || {
        let service = known.service(&ServiceKey { namespace: namespace.clone(), name: name.into() });
        let behind = service.into_iter().flat_map(|service| here().filter(|workload| workload.is_selected_by(service)));
        behind.map(|workload| account(&workload.service_account)).collect::<Vec<_>>()
    };
    let found: BTreeSet<AccountKey> = match kind {
        "plain" => return Ok(Party::NoProxy.caller(&name.into(), |_| None)),
        // A ServiceAccount needs no workload here to be an identity.
        "sa" => [account(&name.into())].into(),
        "deploy" => by_workload().collect(),
        "svc" => by_service().into_iter().collect(),
        "" => by_account().chain(by_workload()).chain(by_service()).collect(),
        other => return Err(usage(format!("`{other}/` is none of sa/, deploy/, svc/, plain/"))),
    };
    let accounts: Vec<&AccountKey> = found.iter().collect();
    match accounts[..] {
        [one] => {
            let workload: Option<ObjectKey> =
                here().find(|workload| workload.service_account == one.name).map(|workload| workload.key.clone());
            Ok(Caller { namespace: one.namespace.clone(), service_account: one.name.clone(), workload, meshed: true })
        }
        [] => {
            let message = format!("nobody in namespace `{namespace}` is called `{name}`");
            let names = here().flat_map(|workload| [&*workload.key.name, &*workload.service_account]).collect();
            let here = unknown(message, name, names);
            Err(if here.help.is_some() { here } else { RequestError { help: elsewhere(name, known), ..here } })
        }
        _ => {
            let names: Vec<String> = accounts.iter().map(|account| format!("sa/{}", account.name)).collect();
            let help = Some(format!("one of {}", names.join(", ")));
            Err(RequestError { message: format!("`{name}` means several identities"), help, unknown: true })
        }
    }
}

/// Who of another namespace may be meant.
fn elsewhere(name: &str, known: &Inventory) -> Option<String> {
    let near = nearest(name, known.workloads().iter().map(|workload| &*workload.service_account))?;
    let found = known.workloads().iter().find(|workload| &*workload.service_account == near)?;
    Some(format!("did you mean sa/{}/{near}?", found.key.namespace))
}

fn usage(message: impl Into<String>) -> RequestError {
    RequestError { message: message.into(), help: None, unknown: false }
}

fn unknown(message: String, written: &str, names: Vec<&str>) -> RequestError {
    let help = nearest(written, names).map(|word| format!("did you mean {word}?"));
    RequestError { message, help, unknown: true }
}
