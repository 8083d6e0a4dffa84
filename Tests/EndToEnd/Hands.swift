/// Many agents who are all alike, `agent-0` and so on, with one queue and the account `page`.
struct Hands {
    var agents: Int
    var capacity: Int

    var organization: String {
        """
        pools: { support: {} }
        skills: {}
        profiles: { hands: { capacity: \(capacity), presence-lease: 10m, grace: 10m } }
        routing-policies: { standard: { offer: 10m, decline-cooldown: 1s } }
        sla-policies: { standard: { targets: { first-response: { within: 1h } } } }
        queues: { social: { pool: support, routing-policy: standard, sla-policy: standard } }
        agents:
        \((0..<agents).map { "  agent-\($0): { pool: support, profile: hands }" }.joined(separator: "\n"))
        accounts:
          page: { channel: social, queue: social, delivery: { webhook: { url: "http://127.0.0.1:1/", secret: demo-webhook } } }
        """
    }
}
