package import Domain

/// A command and what it came to, kept so that a repeat gets the same answer.
package struct CommandRecord: Hashable, Sendable {
    package var result: CommandResult
    /// Differs when another command comes under the same id.
    package var fingerprint: ID<AgentCommand>
    package var at: Instant

    package init(result: CommandResult, fingerprint: ID<AgentCommand>, at: Instant) {
        self.result = result
        self.fingerprint = fingerprint
        self.at = at
    }
}

extension AgentCommand {
    /// A digest of all that the command says.
    var fingerprint: ID<AgentCommand> {
        let parts: [String] =
            switch action {
            case .setPresence(let presence, let reason): ["presence", presence.rawValue] + (reason.map { [$0] } ?? [])
            case .accept(let offerID): ["accept", offerID.rawValue]
            case .decline(let offerID, let reason): ["decline", offerID.rawValue, reason]
            case .reply(let itemID, let messageID, let text): ["reply", itemID.rawValue, messageID.rawValue, text]
            case .note(let itemID, let text, let mentions): ["note", itemID.rawValue, text] + mentions.map(\.rawValue)
            case .park(let itemID, let seconds): ["park", itemID.rawValue, String(seconds)]
            case .requeue(let itemID, let reason): ["requeue", itemID.rawValue, reason]
            case .transfer(let itemID, let queueID, let note):
                ["transfer", itemID.rawValue, queueID.rawValue] + (note.map { [$0] } ?? [])
            case .complete(let itemID, let disposition): ["complete", itemID.rawValue, disposition]
            case .reassign(let itemID, .agent(let id), let reason):
                ["reassign", itemID.rawValue, "agent", id.rawValue, reason]
            case .reassign(let itemID, .queue(let id), let reason):
                ["reassign", itemID.rawValue, "queue", id.rawValue, reason]
            case .pull: ["pull"]
            case .transferToAgent(let itemID, let otherID, let note):
                ["transfer-to-agent", itemID.rawValue, otherID.rawValue] + (note.map { [$0] } ?? [])
            case .resume(let itemID): ["resume", itemID.rawValue]
            case .consult(let itemID, let otherID, let question):
                ["consult", itemID.rawValue, otherID.rawValue, question]
            case .endConsult(let itemID): ["end-consult", itemID.rawValue]
            case .escalate(let itemID, let priority, let reason):
                ["escalate", itemID.rawValue, String(priority), reason]
            case .endWrapUp(let itemID): ["end-wrap-up", itemID.rawValue]
            case .schedule(let itemID, let time, let keepsAgent):
                ["schedule", itemID.rawValue, String(time.milliseconds), keepsAgent ? "same" : "any"]
            case .startConversation(let outreach):
                [
                    "start", outreach.account.rawValue, outreach.identifier.kind.rawValue, outreach.identifier.value,
                    outreach.queueID?.rawValue ?? "", outreach.text,
                ]
            }
        var name: [UInt8] = []
        name.reserveCapacity(192)
        name.append(contentsOf: "fingerprint\u{1F}".utf8)
        func add(_ part: String) {
            name.append(contentsOf: String(part.utf8.count).utf8)
            name.append(UInt8(ascii: ":"))
            name.append(contentsOf: part.utf8)
        }
        add(agentID.rawValue)
        add(poolID.rawValue)
        if let supervisor {
            add("supervisor")
            add(supervisor)
        }
        for part in parts { add(part) }
        if let version {
            add("version")
            add(String(version))
        }
        return .derived(fromName: name)
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
