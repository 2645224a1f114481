//! One server for all tests of a process that need none of their own.

use tokio::sync::OnceCell;

use crate::error::StartError;
use crate::server::ApiServer;

/// The server, started by the first who asks. It can be neither killed nor compacted, and ends with the process. A test keeps to
/// namespaces of its own name; objects of the cluster, such as CRDs, it applies as all others do, and removes none.
///
/// # Errors
/// As [`ApiServer::start`].
pub async fn shared() -> Result<&'static ApiServer, StartError> {
    static SHARED: OnceCell<ApiServer> = OnceCell::const_new();
    SHARED.get_or_try_init(ApiServer::start).await
}
