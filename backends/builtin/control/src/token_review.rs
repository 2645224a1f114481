//! Tokens that Kubernetes projects into pods, reviewed by its API server (`authentication.k8s.io/v1` `TokenReview`).
//!
//! Source: <https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/>

use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, TokenReviewStatus};
use kube::api::PostParams;
use kube::{Api, Client};
use meshglot_ca::{SpiffeId, TrustDomain};
use meshglot_join::{Review, ReviewError, Reviewer};

/// Whom a projected token has to be for: one for the API server itself proves nothing here.
pub const AUDIENCE: &str = "meshglot";

/// What the API server says of a token that is bound to a pod. Tokens of Secrets are not: they never end, and anybody may have copied one.
const POD: &str = "authentication.kubernetes.io/pod-name";

/// Asks the API server of a cluster.
pub struct TokenReviewer {
    client: Client,
    trust_domain: TrustDomain,
}

impl TokenReviewer {
    /// Whoever the API server knows as a service account gets an identity of this trust domain.
    pub fn new(client: Client, trust_domain: TrustDomain) -> Self {
        Self { client, trust_domain }
    }

    /// The cluster that the kubeconfig names, or that is around this pod.
    ///
    /// # Errors
    /// There is none, for people.
    pub async fn find(trust_domain: TrustDomain) -> Result<Self, String> {
        let client = Client::try_default().await.map_err(|error| error.to_string())?;
        Ok(Self::new(client, trust_domain))
    }

    async fn ask(&self, token: String) -> Result<SpiffeId, ReviewError> {
        let spec = TokenReviewSpec { audiences: Some(vec![AUDIENCE.to_owned()]), token: Some(token) };
        let review = TokenReview { spec, ..TokenReview::default() };
        let reviews: Api<TokenReview> = Api::all(self.client.clone());
        let answer = reviews.create(&PostParams::default(), &review).await;
        // An answer of the API server may hold what it was asked, so that only its reason is told.
        let answer = answer.map_err(|error| match error {
            kube::Error::Api(status) => ReviewError::Unavailable(format!("the API server says {} {}", status.code, status.reason)),
            _ => ReviewError::Unavailable("the API server does not answer".to_owned()),
        })?;
        self.identity(answer.status.unwrap_or_default())
    }

    fn identity(&self, status: TokenReviewStatus) -> Result<SpiffeId, ReviewError> {
        let refused = |why: &str| Err(ReviewError::Refused(why.to_owned()));
        if status.authenticated != Some(true) {
            return refused("the API server does not know it, or it has ended");
        }
        // An API server that knows no audiences answers without them, for whomever the token was meant.
        if !status.audiences.unwrap_or_default().iter().any(|audience| audience == AUDIENCE) {
            return refused("it is not for the audience `meshglot`: project one that is");
        }
        let user = status.user.unwrap_or_default();
        if user.extra.unwrap_or_default().get(POD).is_none_or(Vec::is_empty) {
            return refused("it is not bound to a pod: project one instead of reading a Secret");
        }
        let account = user.username.as_deref().and_then(|name| name.strip_prefix("system:serviceaccount:"));
        let Some((namespace, name)) = account.and_then(|account| account.split_once(':')) else {
            return refused("it is of no service account");
        };
        SpiffeId::new(self.trust_domain.clone(), namespace, name).map_err(|error| ReviewError::Refused(error.to_string()))
    }
}

impl Reviewer for TokenReviewer {
    fn review(&self, token: String) -> Review<'_> {
        Box::pin(self.ask(token))
    }
}

impl std::fmt::Debug for TokenReviewer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenReviewer").field("trust_domain", &self.trust_domain).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::routing::post;
    use axum::{Json, Router};
    use serde_json::{Value, json};
    use test_case::test_case;

    use super::*;

    /// An API server that answers as one does: with what it was asked, and a status.
    async fn answered(code: StatusCode, status: Value) -> Result<SpiffeId, ReviewError> {
        let answer = move |Json(mut body): Json<Value>| async move {
            assert_eq!(body["spec"]["audiences"], json!(["meshglot"]));
            body["status"] = status;
            (code, Json(body))
        };
        let router = Router::new().route("/apis/authentication.k8s.io/v1/tokenreviews", post(answer));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        let client = Client::try_from(kube::Config::new(url.parse().expect("an address"))).expect("a client");
        let reviewer = TokenReviewer::new(client, "cluster.local".parse().expect("a name"));
        let answer = reviewer.review("secret".to_owned()).await;
        serving.abort();
        answer
    }

    fn good() -> Value {
        let extra = json!({ "authentication.kubernetes.io/pod-name": ["ledger-1"] });
        json!({ "authenticated": true, "audiences": ["meshglot"], "user": { "username": "system:serviceaccount:bank:ledger", "extra": extra } })
    }

    #[tokio::test]
    async fn a_pod_is_its_service_account() {
        let id = answered(StatusCode::CREATED, good()).await.expect("an identity");
        assert_eq!(id.to_string(), "spiffe://cluster.local/ns/bank/sa/ledger");
    }

    #[test_case("/authenticated", json!(false), "has ended"; "not authenticated")]
    #[test_case("/audiences", json!(["api"]), "audience"; "for somebody else")]
    #[test_case("/audiences", Value::Null, "audience"; "for nobody in particular")]
    #[test_case("/user/username", json!("admin"), "no service account"; "a person")]
    #[test_case("/user/username", json!("system:serviceaccount:bank"), "no service account"; "half a name")]
    #[test_case("/user/extra", json!({}), "bound to a pod"; "of a secret")]
    #[tokio::test]
    async fn others_are_nobody(place: &str, value: Value, words: &str) {
        let mut status = good();
        *status.pointer_mut(place).expect("a field") = value;
        let error = answered(StatusCode::CREATED, status).await.expect_err("a refusal");
        assert!(matches!(&error, ReviewError::Refused(why) if why.contains(words)), "{error}");
    }

    #[tokio::test]
    async fn an_api_server_in_trouble_refuses_nobody_for_good_and_shows_no_token() {
        let error = answered(StatusCode::INTERNAL_SERVER_ERROR, good()).await.expect_err("no answer");
        assert!(matches!(error, ReviewError::Unavailable(_)) && !error.to_string().contains("secret"), "{error}");
    }
}
