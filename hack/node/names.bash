# What things of one cluster are called; sourced by hack/cluster with $here, $index and $state.
# shellcheck shell=bash disable=SC2034,SC2154 # Used by the other files, and set by the first.

name=mgnode$index
host=10.77.$index.1
node=10.77.$index.2
pods=10.244.$index.0/24
services=10.$((96 + index)).0.0/16
dns=10.$((96 + index)).0.10
api=10.$((96 + index)).0.1
peers=${MESHGLOT_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/meshglot-peers}/current
runtime=$peers/containerd
socket=/run/containerd/containerd.sock

die() {
    echo "hack/cluster: $*" >&2
    exit 1
}

# inside COMMAND...: runs it on the node. Not by `ip netns exec`, which mounts another /sys and hides the cgroups.
inside() {
    nsenter -t "$(<"$state/holder.pid")" -m -n -p -- "$@"
}

ctr() {
    inside "$runtime/ctr" -a "$socket" -n k8s.io "$@"
}

# import FILE: takes an image.
import() {
    ctr images import "$1" >/dev/null
}

kubectl() {
    "$peers/kubectl" --kubeconfig "$state/admin.kubeconfig" "$@"
}

# until_true SECONDS WHAT COMMAND...: waits.
until_true() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || die "never: $what (logs are in $state/log)"
        sleep 0.1
    done
}
