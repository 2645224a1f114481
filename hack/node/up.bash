# Starts a node and everything on it.
# shellcheck shell=bash disable=SC2154 # Set by names.bash.

needed=(etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl coredns)

up() {
    [[ $(id -u) == 0 ]] || die "it makes namespaces and cgroups: run it as root"
    local program
    for program in "${needed[@]}"; do
        [[ -x $peers/$program ]] || die "$program is not installed: run hack/peers/install $program"
    done
    [[ -d $runtime ]] || die "containerd is not installed: run hack/peers/install containerd"
    for program in unshare nsenter ip nft openssl sysctl cc python3; do
        command -v "$program" >/dev/null || die "$program is not installed (Debian: util-linux iproute2 nftables openssl procps gcc python3)"
    done
    [[ -e /sys/fs/cgroup/cpuset/cpuset.cpus ]] || die "this machine has no cgroups of version 1"
    [[ ! -e $state/holder.pid ]] || die "a cluster is there already: hack/cluster down --index $index"
    trap 'leave' ERR
    mkdir -p "$state"
    echo "$index" >"$state/index"
    settings
    enter
    say namespaces
    control_plane
    images
    workers
    cluster_dns
    trap - ERR
    echo "$state/admin.kubeconfig"
}

say() {
    printf '%4d s  %s\n' "$SECONDS" "$*" >&2
}

# begin NAME PROGRAM WORDS...: a daemon of the node; its log is $state/log/NAME.log.
begin() {
    local log=$state/log/$1.log
    shift
    # In /, where the namespaces begin, relative paths of others mean something else.
    setsid nsenter -t "$(<"$state/holder.pid")" -m -n -p -- bash -c 'cd "$0" && exec "$@"' "$state" "$@" </dev/null >>"$log" 2>&1 &
    disown
}

control_plane() {
    begin etcd "$peers/etcd" --data-dir "$state/etcd" --listen-client-urls http://127.0.0.1:2379 \
        --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380 --unsafe-no-fsync
    begin containerd env "PATH=$runtime:$PATH" "$runtime/containerd" -c "$state/containerd.toml"
    begin kube-apiserver "$peers/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --secure-port=6443 --bind-address=0.0.0.0 \
        --advertise-address="$node" --tls-cert-file=pki/api.crt --tls-private-key-file=pki/api.key --client-ca-file=pki/ca.crt \
        --service-account-key-file=pki/accounts.key --service-account-signing-key-file=pki/accounts.key \
        --service-account-issuer=https://kubernetes.default.svc --token-auth-file=pki/tokens.csv --authorization-mode=Node,RBAC \
        --service-cluster-ip-range="$services" --allow-privileged=true --kubelet-preferred-address-types=InternalIP \
        --enable-admission-plugins=NodeRestriction --audit-policy-file=audit.yaml --audit-log-path=log/audit.log --audit-log-mode=blocking
    until_true 120 "the API server" kubectl get --raw /readyz
    say "API server"
    begin kube-controller-manager "$peers/kube-controller-manager" --kubeconfig=kube-controller-manager.kubeconfig \
        --service-account-private-key-file=pki/accounts.key --root-ca-file=pki/ca.crt --use-service-account-credentials \
        --leader-elect=false --bind-address=127.0.0.1 --node-monitor-period=2s \
        --cluster-signing-cert-file=pki/ca.crt --cluster-signing-key-file=pki/ca.key
    begin kube-scheduler "$peers/kube-scheduler" --kubeconfig=kube-scheduler.kubeconfig --leader-elect=false --bind-address=127.0.0.1
}

# Images that every node has: what holds a pod's namespaces, and DNS.
images() {
    local made=$state/images
    mkdir -p "$made"
    cc -Os -static -s -o "$made/pause" "$here/pause.c"
    python3 "$here/image" "$made/pause.tar" localhost/pause:1 --entry /pause --file "$made/pause=/pause"
    python3 "$here/image" "$made/coredns.tar" localhost/coredns:1 --entry /coredns --file "$peers/coredns=/coredns"
    until_true 30 "containerd" ctr version
    import "$made/pause.tar"
    import "$made/coredns.tar"
    rm -r "$made"
    say images
}

workers() {
    begin kubelet env "PATH=$runtime:$PATH" "$peers/kubelet" --config="$state/kubelet.yaml" --kubeconfig="$state/node.kubeconfig" \
        --hostname-override=node --node-ip="$node"
    # Another one may have been here before: the state can be kept.
    kubectl create clusterrolebinding meshglot-node-proxier --clusterrole=system:node-proxier --user=system:kube-proxy \
        --dry-run=client -o yaml | kubectl apply -f - >/dev/null
    begin kube-proxy env "PATH=$runtime:$PATH" "LD_LIBRARY_PATH=$runtime" "$peers/kube-proxy" --config="$state/kube-proxy.yaml" \
        --hostname-override=node
    until_true 60 "a node that is ready" kubectl wait --for=condition=Ready node/node --timeout=2s
    # Pods are refused before.
    until_true 30 "a service account" kubectl get serviceaccount default
    say node
}

cluster_dns() {
    sed "s/@DNS@/$dns/" "$here/coredns.yaml" | kubectl apply -f - >/dev/null
    until_true 60 "DNS" kubectl -n kube-system wait --for=condition=Available deployment/coredns --timeout=2s
    say DNS
}
