//! Who is trusted in a running mesh: its roots, its door, and certificates made past it.

use std::io;
use std::sync::Arc;

use meshglot_join::Holder;
use time::Duration;

use crate::clock::SkewedClock;
use crate::credentials::Credentials;
use crate::issuer::trusted;
use crate::mesh::{MOMENT, Mesh, until};
use crate::reader::{Desk, Reader};

/// Longer than any certificate of before lives.
const AFTER: Duration = Duration::hours(25);

/// How much of a certificate's day an agent believes to be left when it is to renew it. Half of that at the next time: one that has renewed
/// by a clock that is ahead waits for a quarter of what is left by it.
const LEFT: Duration = Duration::hours(4);

impl Mesh {
    /// Makes a new root, waits until everybody trusts it, and lets it sign; the old one is still trusted.
    ///
    /// # Errors
    /// The last change is not finished, or somebody does not hear of it.
    pub fn change_root(&self) -> io::Result<()> {
        self.issuer.introduce()?;
        self.trusted_alike()?;
        self.issuer.switch()
    }

    /// Waits until every agent has renewed its certificate, and takes the old root out.
    ///
    /// # Errors
    /// There is no old root, an agent does not renew, or somebody does not hear of it.
    pub fn retire_root(&self) -> io::Result<()> {
        let chain = |holder: &Holder| holder.held().borrow().as_ref().map(|held| held.chain_pem.clone());
        let before: Vec<_> = self.holders().map(chain).collect();
        let left = LEFT / 2_u32.pow(self.issuer.retired());
        self.issuer.agents.set(Duration::DAY - left);
        let renewed = until(|| self.holders().zip(&before).all(|(holder, before)| chain(holder) != *before));
        self.issuer.agents.set(Duration::ZERO);
        if !renewed {
            return Err(io::Error::other("an agent does not renew its certificate"));
        }
        std::thread::sleep(MOMENT);
        self.issuer.retire(AFTER)?;
        self.trusted_alike()
    }

    /// How many roots are trusted.
    pub fn roots(&self) -> usize {
        self.issuer.roots()
    }

    /// Waits until every proxy trusts the roots of the authority, and no others.
    fn trusted_alike(&self) -> io::Result<()> {
        if !until(|| self.holders().all(|holder| trusted(holder) == self.issuer.roots())) {
            return Err(io::Error::other("a proxy does not hear of the other roots"));
        }
        // A proxy takes what its agent has a moment later.
        std::thread::sleep(MOMENT);
        Ok(())
    }

    /// A certificate of `ns/NAMESPACE/sa/NAME` that the authority signs at another time than now, past the door.
    ///
    /// # Errors
    /// The authority does not sign.
    pub fn credentials(&self, path: &str, from_now: Duration) -> io::Result<Credentials> {
        self.issuer.credentials(path, from_now)
    }

    /// A certificate of that name by a root that nobody here trusts.
    ///
    /// # Errors
    /// No key can be made.
    pub fn foreign_credentials(&self, path: &str) -> io::Result<Credentials> {
        self.issuer.foreign(path)
    }

    /// A join token for `ns/NAMESPACE/sa/NAME`.
    ///
    /// # Errors
    /// Too many are outstanding.
    pub fn token(&self, path: &str) -> io::Result<String> {
        self.issuer.token(path)
    }

    /// Asks at the door for a certificate of `ns/NAMESPACE/sa/NAME`, with a token, or with a certificate on the connection. What the
    /// door says against it is inside.
    ///
    /// # Errors
    /// The mesh ends.
    pub fn sign(&self, path: &str, token: Option<&str>, own: Option<&Credentials>) -> io::Result<Result<Credentials, String>> {
        self.wait(self.issuer.sign(path, token, own))
    }

    /// An agent that joins by a clock and a token of its own.
    ///
    /// # Errors
    /// The mesh ends.
    pub fn agent(&self, path: &str, clock: Arc<SkewedClock>, token: Option<String>) -> io::Result<Holder> {
        self.within(|| self.issuer.join_by(path, clock, token))
    }

    /// The clock of the door: that of tokens, and of what is signed there.
    pub fn clock(&self) -> &SkewedClock {
        &self.issuer.clock
    }

    /// Somebody who reads from the control plane as `node`, with this certificate or none, and refuses all of it with these words.
    ///
    /// # Errors
    /// It is sent away; the control plane says why.
    pub fn reader(&self, node: &str, shows: Option<Credentials>, why: &'static str) -> io::Result<Reader> {
        let address = self.plane.as_ref().ok_or_else(|| io::Error::other("there is no control plane"))?.address();
        let desk = Desk { host: self.network.middle.clone(), address, bundle_pem: self.issuer.bundle_pem(), node: node.to_owned(), shows };
        Reader::refuse(desk, why)
    }
}
