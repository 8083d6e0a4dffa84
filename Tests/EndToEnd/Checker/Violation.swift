/// A promise that was not kept, as somebody outside can tell.
enum Violation: Hashable, CustomStringConvertible {
    /// Answered with 202, and in no conversation.
    case lost(message: String)
    case inSeveralConversations(message: String)
    case neverPosted(message: String)
    case onNoWorkItem(message: String)
    case onSeveralWorkItems(message: String)

    case heldTwice(workItem: String, by: String, and: String)
    /// An agent did something with a work item that another one has, or nobody.
    case notTheHolder(workItem: String, agent: String, did: String)
    case changedAfterItsEnd(workItem: String, by: String)
    case overCapacity(agent: String, load: Int, capacity: Int)

    case undelivered(message: String)
    case neverSent(key: String)
    case severalKeys(message: String)
    case severalContents(key: String)
    case severalOutcomes(message: String)
    case givenUp(message: String)

    /// The output of one record came again and was another.
    case differingRepeat(origin: String)
    /// First seen behind a later output of the same source: every reader takes it for a repeat and drops it.
    case overtaken(origin: String)
    case deadLetter(reason: String)
    case unreadable(place: String)

    /// Said before its time.
    case early(workItem: String, what: String, milliseconds: Int64)
    /// A reply in time counts as a breach in the end.
    case wrongBreach(workItem: String)
    /// A reply that was late counts as in time.
    case missedBreach(workItem: String)

    /// Still not over when everything should be.
    case waiting(workItem: String, what: String)

    var description: String {
        switch self {
        case .lost(let id): "message \(id) was accepted and is in no conversation"
        case .inSeveralConversations(let id): "message \(id) is in several conversations"
        case .neverPosted(let id): "message \(id) was never posted"
        case .onNoWorkItem(let id): "message \(id) is on no work item"
        case .onSeveralWorkItems(let id): "message \(id) is on several work items"
        case .heldTwice(let item, let one, let other): "work item \(item) went to \(other) while \(one) had it"
        case .notTheHolder(let item, let agent, let what): "\(what) by \(agent), who does not have work item \(item)"
        case .changedAfterItsEnd(let item, let what): "work item \(item) was closed, then \(what)"
        case .overCapacity(let agent, let load, let capacity): "\(agent) has \(load) and can carry \(capacity)"
        case .undelivered(let id): "message \(id) never reached the receiver"
        case .neverSent(let key): "the receiver got \(key), which nobody sent"
        case .severalKeys(let id): "message \(id) reached the receiver with several keys"
        case .severalContents(let key): "the receiver got several contents with the key \(key)"
        case .severalOutcomes(let id): "message \(id) has several outcomes"
        case .givenUp(let id): "message \(id) was given up"
        case .differingRepeat(let origin): "the output \(origin) was repeated with other content"
        case .overtaken(let origin): "the output \(origin) came after a later one, and readers drop it"
        case .deadLetter(let reason): "a record was given up: \(reason)"
        case .unreadable(let place): "\(place) cannot be read"
        case .early(let item, let what, let time): "work item \(item): \(what) came \(time) ms early"
        case .wrongBreach(let item): "work item \(item) was answered in time and counts as breached"
        case .missedBreach(let item): "work item \(item) was answered too late and counts as in time"
        case .waiting(let item, let what): "work item \(item) still \(what)"
        }
    }
}
