//! Every page, a file each, and its path.

mod about;
mod access;
mod capabilities;
mod codes;
mod events;
mod findings;
pub(crate) mod live;
mod overview;
pub(crate) mod playground;
pub(crate) mod policies;
mod proxies;
mod rendered;
mod services;
mod simulate;
mod still;
mod switch;
pub(crate) mod theme;
mod topology;

pub(crate) use about::{About, Keys};
pub(crate) use access::GroupsAnswer;
pub(crate) use events::happened;
pub(crate) use live::LiveCalls;
pub(crate) use overview::Overview;
pub(crate) use playground::PlaygroundAnswer;
pub(crate) use policies::Policies;
pub(crate) use policies::policy::{PolicyEffect, PolicySource};
pub(crate) use services::Services;
pub(crate) use services::service::ServicePage;
pub(crate) use topology::Topology;

use crate::problem::Problem;
use crate::reply::Reply;
use crate::visit::Visit;

/// What a page is: a visit to what is shown.
pub(crate) type Page = fn(&Visit) -> Result<Reply, Problem>;

/// Path and page. The form is taken off the path before: each of these is also there as `.json`.
pub(crate) const ROUTES: &[(&str, Page)] = &[
    ("/", overview::page),
    ("/about", about::page),
    ("/access", access::page),
    ("/access/explain", access::explain::page),
    ("/capabilities", capabilities::page),
    ("/codes", codes::list),
    ("/codes/{code}", codes::code),
    ("/events", events::page),
    ("/findings", findings::page),
    ("/keys", about::keys),
    ("/live", live::page),
    ("/ns/{ns}/services/{name}", services::service::page),
    ("/playground", playground::page),
    ("/policies", policies::page),
    ("/policies/{kind}/{ns}/{name}", policies::policy::page),
    ("/proxies", proxies::page),
    ("/rendered/{backend}", rendered::page),
    ("/services", services::page),
    ("/simulate", simulate::page),
    ("/switch", switch::page),
    ("/topology", topology::page),
];

/// The entries of the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Overview,
    Topology,
    Services,
    Policies,
    Access,
    Simulate,
    Capabilities,
    Switch,
    Playground,
    /// Of a mesh that runs, like the two below.
    Live,
    Proxies,
    Events,
    /// Pages beside the menu.
    None,
}

impl Section {
    /// In the order of the menu.
    pub(crate) const ALL: [Self; 12] = [
        Self::Overview,
        Self::Live,
        Self::Topology,
        Self::Services,
        Self::Policies,
        Self::Access,
        Self::Simulate,
        Self::Capabilities,
        Self::Switch,
        Self::Playground,
        Self::Proxies,
        Self::Events,
    ];

    /// Whether there is nothing to see where no mesh runs.
    pub(crate) fn is_live(self) -> bool {
        matches!(self, Self::Live | Self::Proxies | Self::Events)
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Topology => "Topology",
            Self::Services => "Services",
            Self::Policies => "Policies",
            Self::Access => "Access",
            Self::Simulate => "Simulate",
            Self::Capabilities => "Capabilities",
            Self::Switch => "Switch",
            Self::Playground => "Playground",
            Self::Live => "Live",
            Self::Proxies => "Proxies",
            Self::Events => "Events",
            Self::None => "",
        }
    }

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Overview | Self::None => "/",
            Self::Topology => "/topology",
            Self::Services => "/services",
            Self::Policies => "/policies",
            Self::Access => "/access",
            Self::Simulate => "/simulate",
            Self::Capabilities => "/capabilities",
            Self::Switch => "/switch",
            Self::Playground => "/playground",
            Self::Live => "/live",
            Self::Proxies => "/proxies",
            Self::Events => "/events",
        }
    }
}
