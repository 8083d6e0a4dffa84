package import Domain

/// A command and what it came to, kept so that a repeat gets the same answer.
package struct CommandRecord: Hashable, Sendable {
    package var result: CommandResult
    /// Differs when another command comes under the same id.
    package var fingerprint: String
    package var at: Instant

    package init(result: CommandResult, fingerprint: String, at: Instant) {
        self.result = result
        self.fingerprint = fingerprint
        self.at = at
    }
}

extension AgentCommand {
    /// A digest of all that the command says.
    var fingerprint: String {
        let parts: [String] =
            switch action {
            case .setPresence(let presence, let reason): ["presence", presence.rawValue] + (reason.map { [$0] } ?? [])
            case .accept(let offerID): ["accept", offerID.rawValue]
            case .decline(let offerID, let reason): ["decline", offerID.rawValue, reason]
            case .reply(let itemID, let messageID, let text): ["reply", itemID.rawValue, messageID.rawValue, text]
            case .note(let itemID, let text): ["note", itemID.rawValue, text]
            case .park(let itemID, let seconds): ["park", itemID.rawValue, String(seconds)]
            case .requeue(let itemID, let reason): ["requeue", itemID.rawValue, reason]
            case .transfer(let itemID, let queueID): ["transfer", itemID.rawValue, queueID.rawValue]
            case .complete(let itemID, let disposition): ["complete", itemID.rawValue, disposition]
            case .reassign(let itemID, .agent(let id), let reason):
                ["reassign", itemID.rawValue, "agent", id.rawValue, reason]
            case .reassign(let itemID, .queue(let id), let reason):
                ["reassign", itemID.rawValue, "queue", id.rawValue, reason]
            }
        let precondition = version.map { ["version", String($0)] } ?? []
        let actor = supervisor.map { ["supervisor", $0] } ?? []
        var name = Array("fingerprint\u{1F}".utf8)
        name.reserveCapacity(192)
        for part in [agentID.rawValue, poolID.rawValue] + actor + parts + precondition {
            name.append(contentsOf: String(part.utf8.count).utf8)
            name.append(UInt8(ascii: ":"))
            name.append(contentsOf: part.utf8)
        }
        return CommandID.derived(fromName: name).rawValue
    }
}

/// The earliest of something with an id, for forgetting in an order that does not depend on how it was built.
struct Remembered<Kind: Sendable>: Comparable, Sendable {
    var at: Instant
    var id: ID<Kind>

    static func < (left: Remembered, right: Remembered) -> Bool {
        left.at != right.at ? left.at < right.at : left.id < right.id
    }
}
