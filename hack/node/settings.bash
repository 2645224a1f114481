# Keys and settings of the programs of a node, written to $state.
# shellcheck shell=bash disable=SC2154 # Set by names.bash.

settings() {
    mkdir -p "$state"/{pki,log,cni,etcd,kubelet,containerd,run}
    [[ -e $state/pki/ca.crt ]] || (cd "$state/pki" && keys)
    kubeconfig admin && kubeconfig node && kubeconfig kube-controller-manager && kubeconfig kube-scheduler && kubeconfig kube-proxy
    network >"$state/cni/10-bridge.conflist"
    containerd >"$state/containerd.toml"
    kubelet >"$state/kubelet.yaml"
    kube_proxy >"$state/kube-proxy.yaml"
    audit >"$state/audit.yaml"
    echo "nameserver $dns" >"$state/resolv.conf"
}

keys() {
    exec 2>../log/openssl.log
    openssl ecparam -genkey -name prime256v1 -noout -out ca.key
    openssl req -x509 -new -key ca.key -days 3650 -subj /CN=meshglot-cluster -out ca.crt
    openssl ecparam -genkey -name prime256v1 -noout -out api.key
    openssl req -new -key api.key -subj /CN=kube-apiserver -out api.csr
    openssl x509 -req -in api.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -out api.crt \
        -extfile <(echo "subjectAltName=IP:$node,IP:127.0.0.1,IP:$api,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc")
    openssl genrsa -out accounts.key 2048
    # Only this machine reaches the API server.
    cat >tokens.csv <<TOKENS
admin-token,admin,admin,system:masters
node-token,system:node:node,node,system:nodes
kube-controller-manager-token,system:kube-controller-manager,kube-controller-manager
kube-scheduler-token,system:kube-scheduler,kube-scheduler
kube-proxy-token,system:kube-proxy,kube-proxy
TOKENS
}

kubeconfig() {
    cat >"$state/$1.kubeconfig" <<KUBECONFIG
apiVersion: v1
kind: Config
clusters: [{name: meshglot-$index, cluster: {server: "https://$node:6443", certificate-authority-data: $(base64 -w0 "$state/pki/ca.crt")}}]
users: [{name: $1, user: {token: $1-token}}]
contexts: [{name: meshglot-$index, context: {cluster: meshglot-$index, user: $1}}]
current-context: meshglot-$index
KUBECONFIG
}

# What our own controllers ask, so that their rights can be held against it.
audit() {
    cat <<AUDIT
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - {level: Metadata, users: ["system:serviceaccount:meshglot-system:meshglot-controller"]}
  - {level: None}
AUDIT
}

network() {
    cat <<NETWORK
{"cniVersion": "1.0.0", "name": "$name", "plugins": [{
  "type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
  "ipam": {"type": "host-local", "dataDir": "$state/run/ipam", "ranges": [[{"subnet": "$pods"}]], "routes": [{"dst": "0.0.0.0/0"}]}
}]}
NETWORK
}

# Who lacks CAP_SYS_RESOURCE, as in many virtual machines, may not lower an oom_score_adj: nobody tries to.
containerd() {
    cat <<CONTAINERD
version = 2
root = "$state/containerd"
state = "/run/containerd"
[grpc]
  address = "$socket"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$runtime"
    conf_dir = "$state/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "$runtime/runc"
      SystemdCgroup = false
CONTAINERD
}

kubelet() {
    cat <<KUBELET
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: /$name
enforceNodeAllocatable: [none]
containerRuntimeEndpoint: unix://$socket
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
address: $node
oomScoreAdj: 0
failSwapOn: false
clusterDNS: [$dns]
clusterDomain: cluster.local
resolvConf: $state/resolv.conf
syncFrequency: 5s
nodeStatusUpdateFrequency: 5s
evictionHard: {nodefs.available: "0%", imagefs.available: "0%", nodefs.inodesFree: "0%"}
imageGCHighThresholdPercent: 100
volumePluginDir: $state/run/plugins
tlsCertFile: $state/pki/api.crt
tlsPrivateKeyFile: $state/pki/api.key
KUBELET
}

# The limits of conntrack belong to the first network namespace.
kube_proxy() {
    cat <<PROXY
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
clusterCIDR: $pods
clientConnection: {kubeconfig: $state/kube-proxy.kubeconfig}
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
nftables: {minSyncPeriod: 100ms, syncPeriod: 30s}
nodePortAddresses: [primary]
PROXY
}
