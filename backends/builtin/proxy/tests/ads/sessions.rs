//! Sessions of TLS that are taken up again.

use std::io::{self, Read as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::config::listener::v3 as listener;
use envoy_types::pb::envoy::extensions::filters::listener::tls_inspector::v3::TlsInspector;
use envoy_types::pb::envoy::extensions::transport_sockets::tls::v3 as tls;
use envoy_types::pb::envoy::r#type::matcher::v3 as matcher;
use envoy_types::pb::google::protobuf::BoolValue;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, HandshakeKind, SignatureScheme, StreamOwned};
use test_case::test_case;

use crate::plane::{Plane, id};
use crate::whole::{Proxy, bytes, free, listener, typed};

/// Who calls.
const CALLER: &str = "ns/shop/sa/caller";

/// A listener that ends TLS, for callers of these names.
fn ends_tls(at: SocketAddr, (stateless, stateful): (bool, bool), callers: &[&str]) -> listener::Listener {
    let secret = |name: &str| tls::SdsSecretConfig { name: name.to_owned(), sds_config: Some(agent()) };
    let name = |caller: &&str| tls::SubjectAltNameMatcher {
        san_type: tls::subject_alt_name_matcher::SanType::Uri as i32,
        matcher: Some(matcher::StringMatcher {
            match_pattern: Some(matcher::string_matcher::MatchPattern::Exact(id(caller).to_string())),
            ..matcher::StringMatcher::default()
        }),
        ..tls::SubjectAltNameMatcher::default()
    };
    let newest = tls::tls_parameters::TlsProtocol::TlSv13 as i32;
    let validation = tls::common_tls_context::CombinedCertificateValidationContext {
        default_validation_context: Some(tls::CertificateValidationContext {
            match_typed_subject_alt_names: callers.iter().map(name).collect(),
            ..tls::CertificateValidationContext::default()
        }),
        validation_context_sds_secret_config: Some(secret("trust")),
        ..tls::common_tls_context::CombinedCertificateValidationContext::default()
    };
    let common = tls::CommonTlsContext {
        tls_params: Some(tls::TlsParameters {
            tls_minimum_protocol_version: newest,
            tls_maximum_protocol_version: newest,
            ..tls::TlsParameters::default()
        }),
        tls_certificate_sds_secret_configs: vec![secret("identity")],
        validation_context_type: Some(tls::common_tls_context::ValidationContextType::CombinedValidationContext(validation)),
        ..tls::CommonTlsContext::default()
    };
    let socket = tls::DownstreamTlsContext {
        common_tls_context: Some(common),
        require_client_certificate: Some(BoolValue { value: true }),
        disable_stateful_session_resumption: !stateful,
        session_ticket_keys_type: Some(tls::downstream_tls_context::SessionTicketKeysType::DisableStatelessSessionResumption(!stateless)),
        ..tls::DownstreamTlsContext::default()
    };
    let matches =
        |protocol: &str| listener::FilterChainMatch { transport_protocol: protocol.to_owned(), ..listener::FilterChainMatch::default() };
    let secured = listener::FilterChain {
        filter_chain_match: Some(matches("tls")),
        transport_socket: Some(core::TransportSocket {
            name: "envoy.transport_sockets.tls".to_owned(),
            config_type: Some(core::transport_socket::ConfigType::TypedConfig(typed(&socket))),
        }),
        ..bytes("tls")
    };
    let plain = listener::FilterChain { filter_chain_match: Some(matches("raw_buffer")), ..bytes("plain") };
    let inspector = listener::ListenerFilter {
        name: "envoy.filters.listener.tls_inspector".to_owned(),
        config_type: Some(listener::listener_filter::ConfigType::TypedConfig(typed(&TlsInspector::default()))),
        ..listener::ListenerFilter::default()
    };
    listener::Listener {
        traffic_direction: core::TrafficDirection::Inbound as i32,
        listener_filters: vec![inspector],
        ..listener("in", &[at], vec![secured, plain])
    }
}

/// The process that hands keys to an Envoy.
fn agent() -> core::ConfigSource {
    let cluster = core::grpc_service::EnvoyGrpc { cluster_name: "meshglot-agent".to_owned(), ..core::grpc_service::EnvoyGrpc::default() };
    let service = core::GrpcService {
        target_specifier: Some(core::grpc_service::TargetSpecifier::EnvoyGrpc(cluster)),
        ..core::GrpcService::default()
    };
    let source = core::ApiConfigSource {
        api_type: core::api_config_source::ApiType::Grpc as i32,
        transport_api_version: core::ApiVersion::V3 as i32,
        grpc_services: vec![service],
        ..core::ApiConfigSource::default()
    };
    core::ConfigSource {
        resource_api_version: core::ApiVersion::V3 as i32,
        config_source_specifier: Some(core::config_source::ConfigSourceSpecifier::ApiConfigSource(source)),
        ..core::ConfigSource::default()
    }
}

/// A caller, who remembers sessions.
fn caller(plane: &Plane) -> Arc<ClientConfig> {
    let (chain, key) = plane.issue(&id(CALLER));
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<_, _>>().expect("a chain");
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
    let builder = builder.expect("versions").dangerous().with_custom_certificate_verifier(Arc::new(Anybody));
    Arc::new(builder.with_client_auth_cert(chain, key).expect("a pair"))
}

/// Calls, and says how the handshake went, if it was let in.
fn call(config: &Arc<ClientConfig>, address: SocketAddr) -> io::Result<Option<HandshakeKind>> {
    let stream = TcpStream::connect(address).expect("somebody listens");
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let connection = ClientConnection::new(config.clone(), ServerName::from(address.ip())).expect("a connection");
    let mut stream = StreamOwned::new(connection, stream);
    let mut hi = [0; 2];
    stream.read_exact(&mut hi)?;
    Ok(stream.conn.handshake_kind())
}

#[test_case((false, false), HandshakeKind::Full ; "neither")]
#[test_case((true, true), HandshakeKind::Resumed ; "both")]
#[test_case((true, false), HandshakeKind::Resumed ; "by tickets")]
#[test_case((false, true), HandshakeKind::Resumed ; "by what is remembered")]
#[tokio::test(flavor = "multi_thread")]
async fn are_taken_up_again_where_the_resource_allows_it(how: (bool, bool), second: HandshakeKind) {
    let mut proxy = Proxy::start().await;
    let [address] = free();
    proxy.put(&[ends_tls(address, how, &[CALLER])], &[]).await.expect("taken");
    let caller = caller(&proxy.plane);
    assert_eq!(call(&caller, address).expect("let in"), Some(HandshakeKind::Full));
    // Whichever thread takes it.
    for _ in 0..8 {
        assert_eq!(call(&caller, address).expect("let in"), Some(second));
    }
    proxy.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_come_is_asked_again() {
    let mut proxy = Proxy::start().await;
    let [address] = free();
    proxy.put(&[ends_tls(address, (true, true), &[CALLER])], &[]).await.expect("taken");
    let caller = caller(&proxy.plane);
    call(&caller, address).expect("let in");
    proxy.put(&[ends_tls(address, (true, true), &["ns/shop/sa/other"])], &[]).await.expect("taken");
    call(&caller, address).expect_err("it is none of those any more");
    proxy.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_has_ended_ends_its_sessions() {
    let plane = Plane::start();
    let caller = caller(&plane);
    plane.clock.advance(time::Duration::DAY / 2);
    let mut proxy = Proxy::of(plane).await;
    let [address] = free();
    proxy.put(&[ends_tls(address, (true, true), &[])], &[]).await.expect("taken");
    call(&caller, address).expect("let in");
    assert_eq!(call(&caller, address).expect("let in"), Some(HandshakeKind::Resumed));
    proxy.plane.clock.advance(time::Duration::DAY / 2 + time::Duration::MINUTE);
    call(&caller, address).expect_err("it has ended");
    proxy.end().await;
}

/// Who the proxy is, is not what is asked here.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}
