import Domain
import Kafka
import Schema

@testable import PatchbayCLI

/// What the topics say happened, read from outside: repeats are recognized by their event id, as every reader must.
struct WorkStory {
    private(set) var filedMessages: Set<String> = []
    private(set) var messagesFiledTwice: Set<String> = []
    private(set) var workItems: Set<String> = []
    private(set) var closedWorkItems: Set<String> = []
    /// Work items that were offered while an offer or an assignment of theirs was live.
    private(set) var itemsOfferedTwice: Set<String> = []
    /// Text of each reply by message id.
    private(set) var replies: [String: String] = [:]
    private var messagesOnWorkItems: Set<String> = []
    private var owners: [String: String] = [:]

    var openWorkItems: Set<String> { workItems.subtracting(closedWorkItems) }
    var messagesWithoutWorkItem: Set<String> { filedMessages.subtracting(messagesOnWorkItems) }

    init(_ stack: TestStack) async throws {
        var homes: [String: ConversationID] = [:]
        for record in Self.events(try await stack.records(.inbound)) {
            guard case .messageFiled(let filed) = try InboundRecord(wire: record.value ?? []) else { continue }
            let id = filed.messageID.rawValue
            filedMessages.insert(id)
            if let home = homes.updateValue(filed.conversationID, forKey: id), home != filed.conversationID {
                messagesFiledTwice.insert(id)
            }
        }
        for record in Self.events(try await stack.records(.workEvents)) {
            take(try WorkEvent(wire: record.value ?? []))
        }
    }

    private mutating func take(_ event: WorkEvent) {
        guard let item = event.subject?.workItemID.rawValue else { return }
        switch event.kind {
        case .opened: workItems.insert(item)
        case .customerMessageAdded(let id, _, _): messagesOnWorkItems.insert(id.rawValue)
        case .offered(_, let agent, _, _):
            if owners.updateValue(agent.rawValue, forKey: item) != nil { itemsOfferedTwice.insert(item) }
        case .offerDeclined, .offerExpired, .offerRevoked, .requeued, .transferred: owners[item] = nil
        case .closed:
            owners[item] = nil
            closedWorkItems.insert(item)
        case .agentReplied(_, let id, _, let text): replies[id.rawValue] = text
        case .queued, .offerAccepted, .assigned, .noteAdded, .parked, .resumed, .requirementsRelaxed, .escalated,
            .wrapUpStarted, .surveyAnswered, .presenceChanged, .commandResult:
            break
        }
    }

    /// Records of known kinds, each event once.
    private static func events(_ records: [Record]) -> [Record] {
        var seen: Set<String> = []
        return records.filter { record in
            guard let headers = EventHeaders(record.headers.map { (name: $0.name, value: $0.value) }) else {
                return false
            }
            return seen.insert("\(headers.source) \(headers.id)").inserted
        }
    }
}
