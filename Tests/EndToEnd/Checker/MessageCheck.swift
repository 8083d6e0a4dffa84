import Domain

/// Accepted is kept: each message that got 202 is in exactly one conversation, and on exactly one work item.
///
/// In the end whoever posts has got 202 for everything: they post until they do.
struct MessageCheck {
    var accepted: Set<String>
    var isOver: Bool

    func check(filed: [Seen<InboundRecord>], work: [Seen<WorkEvent>], _ found: inout [Violation]) {
        var conversations: [String: Set<String>] = [:]
        // What the connector answered with, of a message that context gave another name.
        var answers: [MessageID: String] = [:]
        for seen in filed {
            guard case .messageFiled(let message) = seen.event else { continue }
            let answer = (message.receivedAs ?? message.messageID).rawValue
            answers[message.messageID] = answer
            conversations[answer, default: []].insert(message.conversationID.rawValue)
        }
        var items: [String: Set<String>] = [:]
        for seen in work {
            guard case .customerMessageAdded(let id, _, _) = seen.event.kind, let subject = seen.event.subject else {
                continue
            }
            items[answers[id] ?? id.rawValue, default: []].insert(subject.workItemID.rawValue)
        }
        if isOver {
            found += accepted.subtracting(conversations.keys).sorted().map { .lost(message: $0) }
            found += Set(conversations.keys).subtracting(items.keys).sorted().map { .onNoWorkItem(message: $0) }
            found += Set(conversations.keys).subtracting(accepted).sorted().map { .neverPosted(message: $0) }
        }
        found += conversations.filter { $0.value.count > 1 }.keys.sorted().map { .inSeveralConversations(message: $0) }
        found += items.filter { $0.value.count > 1 }.keys.sorted().map { .onSeveralWorkItems(message: $0) }
    }
}
