//! Files beside the pages, compiled in, so that it works without a network. Their names hold their hash: a browser keeps
//! them for good, and never has an old one.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

struct Asset {
    name: String,
    media_type: &'static str,
    bytes: &'static [u8],
}

/// Names of the files, for pages.
pub(crate) struct Assets {
    style: Asset,
    app: Asset,
    htmx: Asset,
    icon: Asset,
}

pub(crate) static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets {
    style: Asset::of("style", "css", "text/css; charset=utf-8", STYLE.as_bytes()),
    app: Asset::of("app", "js", "text/javascript; charset=utf-8", include_bytes!("../assets/app.js")),
    htmx: Asset::of("htmx", "js", "text/javascript; charset=utf-8", include_bytes!("../assets/htmx.min.js")),
    icon: Asset::of("icon", "svg", "image/svg+xml", include_bytes!("../assets/icon.svg")),
});

/// Licences of the files that others wrote.
pub(crate) const LICENSES: &str = include_str!("../assets/LICENSES");

/// The style sheet, for documents that carry it in them.
pub(crate) const STYLE: &str = concat!(include_str!("../assets/style.css"), include_str!("../assets/graph.css"));

impl Asset {
    fn of(stem: &str, end: &str, media_type: &'static str, bytes: &'static [u8]) -> Self {
        let hash: String = Sha256::digest(bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Self { name: format!("{stem}.{hash}.{end}"), media_type, bytes }
    }
}

impl Assets {
    pub(crate) fn style(&self) -> &str {
        &self.style.name
    }

    pub(crate) fn app(&self) -> &str {
        &self.app.name
    }

    pub(crate) fn htmx(&self) -> &str {
        &self.htmx.name
    }

    pub(crate) fn icon(&self) -> &str {
        &self.icon.name
    }
}

pub(crate) async fn file(Path(name): Path<String>) -> Response {
    let Assets { style, app, htmx, icon } = &*ASSETS;
    match [style, app, htmx, icon].into_iter().find(|asset| asset.name == name) {
        Some(asset) => {
            ([(CONTENT_TYPE, asset.media_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")], asset.bytes).into_response()
        }
        None => (StatusCode::NOT_FOUND, "There is no such file: reload the page that asked for it.\n").into_response(),
    }
}
