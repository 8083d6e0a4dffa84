import ContextCore
import Domain
import TestSupport

/// Several partitions of `inbound` and a router, with every record delivered in its log's order and the logs in any.
///
/// Beside each core runs a twin that was restored from a checkpoint at some moment; the two must agree on every
/// output.
struct Network {
    private struct Partition {
        var core = ContextCore()
        var twin: ContextCore?
        var checkpoint: [ContextEntityKey: ContextEntity] = [:]
        var log: [(key: CustomerID, record: InboundRecord)] = []
        var next = 0
        var configuration: Configuration?
    }

    private var partitions: [Partition]
    private var generator: SeededGenerator
    private var work: [WorkCommand] = []
    private(set) var now = Samples.start
    private(set) var requests: [MessageID: [WorkRequest]] = [:]
    private(set) var filed: [MessageID: [MessageFiled]] = [:]
    private(set) var forwards: [MessageID: [InboundMessage]] = [:]
    private(set) var identity: [Identifier: CustomerID] = [:]
    private(set) var openItems: [WorkItemID: WorkRequest] = [:]
    private(set) var disagreements: [String] = []
    private var closedItems: Set<WorkItemID> = []

    init(partitions count: Int, seed: UInt64) {
        partitions = (0..<count).map { _ in Partition() }
        generator = SeededGenerator(seed: seed)
    }

    func customer(_ id: CustomerID) -> Customer? {
        partitions[partition(of: id)].core.customer(id)
    }

    var counters: ContextCounters {
        partitions.reduce(ContextCounters()) { $0 + $1.core.counters }
    }

    private func partition(of key: CustomerID) -> Int {
        key.rawValue.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF } % partitions.count
    }

    mutating func write(_ record: InboundRecord, to key: CustomerID) {
        if case .messageReceived(let message) = record, message.forwardedFrom != nil {
            forwards[message.boundID, default: []].append(message)
        }
        partitions[partition(of: key)].log.append((key, record))
    }

    mutating func configure(_ configuration: Configuration, partition: Int) {
        guard configuration.revision > (partitions[partition].configuration?.revision ?? 0) else { return }
        partitions[partition].configuration = configuration
        run(partition) { $0.configure(configuration, at: $1) }
    }

    var partitionCount: Int { partitions.count }

    /// Lets one partition or the router take its next record; false when there is none anywhere.
    mutating func step() -> Bool {
        let busy = partitions.indices.filter { partitions[$0].next < partitions[$0].log.count }
        let choices = busy.count + (work.isEmpty ? 0 : 1)
        guard choices > 0 else { return false }
        let choice = Int.random(in: 0..<choices, using: &generator)
        now = now + .milliseconds(Int64.random(in: 0...3, using: &generator))
        guard choice < busy.count else {
            route(work.removeFirst())
            return true
        }
        let index = busy[choice]
        let (key, record) = partitions[index].log[partitions[index].next]
        partitions[index].next += 1
        run(index) { core, now in (try? core.apply(record, key: key, at: now)) ?? [] }
        return true
    }

    mutating func settle() {
        while step() {}
    }

    /// Writes a checkpoint of one partition, and restores a twin from it.
    mutating func checkpoint(_ index: Int) {
        for (key, entity) in partitions[index].core.changes() { partitions[index].checkpoint[key] = entity }
        var twin = ContextCore()
        if let configuration = partitions[index].configuration { twin.restore(configuration) }
        for entity in partitions[index].checkpoint.values.shuffled(using: &generator) { twin.restore(entity) }
        partitions[index].twin = twin
    }

    /// Ends a random open work item.
    mutating func closeOne() {
        let ids = openItems.keys.sorted()
        guard let id = ids.randomElement(using: &generator), let item = openItems.removeValue(forKey: id) else {
            return
        }
        closedItems.insert(id)
        let ended = !openItems.values.contains { $0.conversationID == item.conversationID }
        let closed = ClosedWorkItem(
            workItemID: id, conversationID: item.conversationID, customerID: item.customerID, disposition: "solved",
            agentID: AgentID("ada"), conversationEnded: ended)
        write(.workItemClosed(closed), to: item.customerID)
    }

    private mutating func run(_ index: Int, _ body: (inout ContextCore, Instant) -> [ContextOutput]) {
        partitions[index].core.advance(to: now)
        let outputs = body(&partitions[index].core, now)
        if var twin = partitions[index].twin {
            twin.advance(to: now)
            let others = body(&twin, now)
            if others != outputs { disagreements.append("\(outputs) / \(others)") }
            partitions[index].twin = twin
        }
        for output in outputs { take(output) }
    }

    private mutating func take(_ output: ContextOutput) {
        switch output {
        case .work(let command, _): work.append(command)
        case .inbound(let record, let key):
            if case .messageFiled(let record) = record { filed[record.messageID, default: []].append(record) }
            write(record, to: key)
        case .identity(let entry): identity[entry.identifier] = entry.customerID
        case .identityRemoved(let identifier): identity[identifier] = nil
        }
    }

    /// The router: opens, appends, or opens another one for what came too late.
    private mutating func route(_ command: WorkCommand) {
        guard case .customerMessage(var request) = command else { return }
        let asked = request.workItemID
        requests[request.messageID, default: []].append(request)
        while closedItems.contains(request.workItemID) {
            request.workItemID = .derived(from: "reopened", request.workItemID.rawValue)
        }
        if openItems[request.workItemID] == nil, request.workItemID != asked {
            let reopened = ReopenedWorkItem(
                workItemID: request.workItemID, conversationID: request.conversationID,
                customerID: request.customerID)
            write(.workItemReopened(reopened), to: request.customerID)
        }
        openItems[request.workItemID] = openItems[request.workItemID] ?? request
    }
}
