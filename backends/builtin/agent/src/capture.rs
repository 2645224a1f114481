//! What sends the connections of a host through its proxy: a ruleset for nftables.

/// Which ports the proxy listens on, and as whom it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// Where calls to the host go, 15006 as a rule.
    pub inbound: u16,
    /// Where calls of the host go, 15001 as a rule.
    pub outbound: u16,
    /// The number of the proxy's user: what it sends itself is not redirected.
    pub user: u32,
    /// Ports that the workload serves: a call of the workload to itself leaves by its proxy and arrives at it again. On other ports the
    /// proxy passes calls on to the very address that was called, which must not lead back to it.
    pub served: Vec<u16>,
    /// Ports of the host that stay as they are, such as 22.
    pub leave: Vec<u16>,
    /// Ports of others to which calls of the host stay as they are, such as 53.
    pub leave_outbound: Vec<u16>,
}

impl Capture {
    /// The ruleset, for `nft -f -`. It replaces the one of before; connections within the host are left alone.
    pub fn ruleset(&self) -> String {
        let Self { inbound, outbound, user, served, leave, leave_outbound } = self;
        let itself = ["ip daddr != 127.0.0.0/8", "ip6 daddr != ::1"].map(|elsewhere| {
            let own = |ports| format!("    meta skuid {user} {elsewhere} fib daddr type local tcp dport {ports} redirect to :{inbound}\n");
            set(served).map(own).unwrap_or_default()
        });
        let alone = |ports| format!("    tcp dport {ports} return\n");
        let left = set(leave).map(alone).unwrap_or_default();
        let left_outbound = set(leave_outbound).map(alone).unwrap_or_default();
        // The first line makes a table that may be there already, so that the second has one to delete.
        format!(
            "table inet meshglot\n\
             delete table inet meshglot\n\
             table inet meshglot {{\n  \
               chain output {{\n    \
                 type nat hook output priority -100; policy accept;\n\
             {}    \
                 meta skuid {user} return\n    \
                 oifname \"lo\" return\n\
             {left_outbound}    \
                 meta l4proto tcp redirect to :{outbound}\n  \
               }}\n  \
               chain prerouting {{\n    \
                 type nat hook prerouting priority -100; policy accept;\n    \
                 iifname \"lo\" return\n    \
                 tcp dport {{ {inbound}, {outbound} }} drop\n\
             {left}    \
                 meta l4proto tcp redirect to :{inbound}\n  \
               }}\n\
             }}\n",
            itself.concat()
        )
    }
}

/// `{ 80, 443 }`; none of no port.
fn set(ports: &[u16]) -> Option<String> {
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    (!ports.is_empty()).then(|| format!("{{ {} }}", ports.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_ruleset_says() {
        let text =
            Capture { inbound: 15006, outbound: 15001, user: 2102, served: vec![8080], leave: vec![22, 9100], leave_outbound: vec![53] };
        let text = text.ruleset();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let at = |line: &str| lines.iter().position(|one| *one == line).unwrap_or_else(|| panic!("{line} is not in\n{text}"));
        assert!(at("meta skuid 2102 return") < at("meta l4proto tcp redirect to :15001"));
        assert!(at("tcp dport { 53 } return") < at("meta l4proto tcp redirect to :15001"));
        let itself = "meta skuid 2102 ip daddr != 127.0.0.0/8 fib daddr type local tcp dport { 8080 } redirect to :15006";
        assert!(at(itself) < at("meta skuid 2102 return"));
        assert!(at("tcp dport { 22, 9100 } return") < at("meta l4proto tcp redirect to :15006"));
        // Nobody dials the proxy itself: it would pass the call on to where it was dialled, again and again.
        assert!(at("tcp dport { 15006, 15001 } drop") < at("tcp dport { 22, 9100 } return"));
        assert!(at("delete table inet meshglot") == at("table inet meshglot") + 1);
    }
}
