# The namespaces in which a node lives. Its process 1 sleeps; when that is ended the system ends all daemons and pods, and unmounts all.
# shellcheck shell=bash disable=SC2154 # Set by names.bash.

# What the kubelet sets for the whole machine: kept while there is a node.
sysctls=(vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes)
kept_sysctls=/run/meshglot-cluster.sysctls

# enter: makes them.
enter() {
    [[ -e $kept_sysctls ]] || sysctl "${sysctls[@]}" >"$kept_sysctls"
    local controller of
    for controller in /sys/fs/cgroup/*/; do
        [[ -e $controller/cgroup.procs ]] && mkdir -p "$controller/$name"
    done
    for of in cpus mems; do cat /sys/fs/cgroup/cpuset/cpuset.$of >"/sys/fs/cgroup/cpuset/$name/cpuset.$of"; done

    setsid unshare --pid --fork --mount --net --mount-proc --kill-child --propagation private \
        bash -c 'trap : CHLD; while :; do sleep 3600 & wait; done' </dev/null >/dev/null 2>&1 &
    echo $! >"$state/outer.pid"
    disown
    until_true 10 "namespaces" is_apart
    ip link add "$name" type veth peer name eth0 netns "$(<"$state/holder.pid")"
    ip address add "$host/24" dev "$name"
    ip link set "$name" up
    ip route replace "$pods" via "$node"
    ip route replace "$services" via "$node"
    inside bash -eu -s "$state" "$host" "$node" <<'NODE'
mount --make-rprivate /
mkdir -p /run/containerd /run/netns /var/lib/cni /var/lib/kubelet /var/log/pods /var/log/containers
for folder in /var/lib/cni /run/containerd /run/netns; do mount -t tmpfs tmpfs "$folder"; done
mkdir -p "$1/log/pods" "$1/log/containers"
mount --bind "$1/kubelet" /var/lib/kubelet
mount --bind "$1/log/pods" /var/log/pods
mount --bind "$1/log/containers" /var/log/containers
mount --make-rshared /
ip link set lo up
ip address add "$3/24" dev eth0
ip link set eth0 up
ip route add default via "$2"
sysctl -qw net.ipv4.ip_forward=1
# Without it a pod does not reach another one of its bridge by a Service.
modprobe -q br_netfilter 2>/dev/null || true
sysctl -qw net.bridge.bridge-nf-call-iptables=1 2>/dev/null || true
NODE
}

# is_apart: the process that holds the namespaces is there, and in them.
is_apart() {
    local holder
    holder=$(tr -d ' ' <"/proc/$(<"$state/outer.pid")/task/$(<"$state/outer.pid")/children")
    [[ -n $holder && $(readlink "/proc/$holder/ns/net") != "$(readlink /proc/self/ns/net)" ]] && echo "$holder" >"$state/holder.pid"
}

# leave: ends the node, and takes away what it has left on the machine.
leave() {
    local holder outer controller
    holder=$(cat "$state/holder.pid" 2>/dev/null || true) outer=$(cat "$state/outer.pid" 2>/dev/null || true)
    [[ -z $holder$outer ]] || kill -KILL $holder $outer 2>/dev/null || true
    [[ -z $holder ]] || until_true 10 "the end of the node" test ! -d "/proc/$holder"
    ip link delete "$name" 2>/dev/null || true
    for controller in /sys/fs/cgroup/*/; do
        [[ -d $controller/$name ]] || continue
        # Processes that were killed leave their group a moment later.
        until_true 10 "the end of $controller$name" remove_group "$controller/$name"
    done
    rm -f "$state"/{holder,outer}.pid
    if [[ -e $kept_sysctls ]] && ! compgen -G '/sys/fs/cgroup/cpuset/mgnode*' >/dev/null; then
        sysctl -q -p "$kept_sysctls" >/dev/null || true
        rm -f "$kept_sysctls"
    fi
}

remove_group() {
    find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
    [[ ! -d $1 ]]
}
