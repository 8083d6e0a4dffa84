import Domain
import Foundation
import GRDB
import Kafka
import Logging
import Schema
import ServiceKit
import TestSupport

@testable import ContextApp

/// Lena's story as the topics tell it: a post, a chat message that is forwarded to her, a note, a reply that is
/// delivered, a call, the end, a survey and its answer.
enum Story {
    static let lena = Samples.handle.customerID
    static let visitor = Samples.visitor.customerID
    static let conversation = ConversationID("c1")
    static let workItem = WorkItemID("w1")

    static func at(_ seconds: Int64) -> Instant { Samples.start + .seconds(seconds) }

    static func address(_ channel: ChannelKind, _ account: String, _ identifier: Identifier) -> Address {
        Address(channel: channel, account: ChannelAccountID(account), identifier: identifier)
    }

    /// By topic and partition, each in its order.
    static var logs: [[TimelineRecord]] {
        [inbound(of: Samples.visitor), inboundOfLena, workEvents, outbound, delivery, slaEvents]
    }

    private static func records(
        _ topic: Topic, _ partition: Int32, heldBy holder: CustomerID? = nil,
        _ contents: [(Int64, TimelineRecord.Content)]
    ) -> [TimelineRecord] {
        contents.enumerated().map { offset, content in
            TimelineRecord(
                topic, partition: partition, offset: Int64(offset), at: at(content.0), heldBy: holder, content.1)
        }
    }

    private static func inbound(of identifier: Identifier) -> [TimelineRecord] {
        let message = Samples.message(
            "m2", from: identifier, by: "chat", .chat, text: "Le remboursement, s'il vous plaît")
        return records(.inbound, 0, [(10, .inbound(.messageReceived(message)))])
    }

    private static var inboundOfLena: [TimelineRecord] {
        var forwarded = Samples.message(
            "m2", from: Samples.visitor, by: "chat", .chat, text: "Le remboursement, s'il vous plaît")
        forwarded.forwardedFrom = visitor
        forwarded.acceptedAt = at(10)
        let first = Samples.message(
            "m1", from: Samples.handle, text: "Où est ma commande?", language: "fr", name: "Lena")
        let link = IdentityLink(
            identifier: Samples.visitor, customerID: lena, evidence: .continueLink, reason: "message m2")
        let closed = ClosedWorkItem(
            workItemID: workItem, conversationID: conversation, customerID: lena, disposition: "solved",
            agentID: AgentID("ada"), conversationEnded: true)
        let profile = CustomerProfile(
            customerID: lena, name: "Lena Marchand", language: "fr",
            attributes: [CustomerProfile.Attribute(name: "tier", value: "gold")])
        return records(
            .inbound, 1, heldBy: lena,
            [
                (0, .inbound(.messageReceived(first))), (0, .inbound(.messageFiled(filed("m1", .opened, at(0))))),
                (10, .inbound(.identifierAttached(link))), (10, .inbound(.messageReceived(forwarded))),
                (10, .inbound(.messageFiled(filed("m2", .continued, at(10))))),
                (15, .inbound(.profileUpdated(profile))), (60, .inbound(.workItemClosed(closed))),
            ])
    }

    private static func filed(_ id: String, _ role: MessageFiled.Role, _ at: Instant) -> MessageFiled {
        MessageFiled(
            messageID: MessageID(id), customerID: lena, conversationID: conversation, workItemID: workItem, role: role,
            acceptedAt: at)
    }

    private static var workEvents: [TimelineRecord] {
        let subject = WorkEvent.Subject(
            workItemID: workItem, conversationID: conversation, customerID: lena, queueID: QueueID("general"))
        let kinds: [(Int64, WorkEvent.Kind)] = [
            (1, .opened(channel: .social, priority: 4, requirements: [], acceptedAt: at(0))), (1, .queued),
            (2, .assigned(AgentID("ada"))), (20, .noteAdded(AgentID("ada"), text: "prefers a refund over a voucher")),
            (30, .agentReplied(AgentID("ada"), MessageID("r1"), address(.chat, "chat", Samples.visitor), text: "Oui")),
            (40, .escalated(from: 4, to: 8, reason: "breach")), (60, .closed(AgentID("ada"), disposition: "solved")),
            (90, .surveyAnswered(SurveyID("s1"), score: 5)),
        ]
        return records(
            .workEvents, 0,
            kinds.map { second, kind in
                (second, .workEvent(WorkEvent(at: at(second), poolID: PoolID("support"), subject: subject, kind: kind)))
            })
    }

    private static var outbound: [TimelineRecord] {
        let reply = OutboundMessage(
            messageID: MessageID("r1"), conversationID: conversation, customerID: lena, workItemID: workItem,
            author: .agent(AgentID("ada")), address: address(.chat, "chat", Samples.visitor),
            text: "Oui, le remboursement est en route", createdAt: at(30))
        return records(.outbound, 0, [(30, .outbound(reply))])
    }

    private static var delivery: [TimelineRecord] {
        let kinds: [(Int64, DeliveryEvent.Kind)] = [
            (31, .sent(providerID: "p", attempts: 1)), (33, .read), (34, .delivered),
        ]
        return records(
            .delivery, 0,
            kinds.map { second, kind in
                let event = DeliveryEvent(
                    messageID: MessageID("r1"), conversationID: conversation, at: at(second), kind: kind)
                return (second, .delivery(event))
            })
    }

    private static var slaEvents: [TimelineRecord] {
        let event = SLAEvent(workItemID: workItem, at: at(39), kind: .breached(.resolution, dueAt: at(39)))
        return records(.slaEvents, 0, [(39, .slaEvent(event))])
    }

    /// The logs side by side in an order that the seed decides.
    static func interleaved(seed: UInt64) -> [TimelineRecord] {
        var generator = SeededGenerator(seed: seed)
        var rest = logs.map { $0[...] }
        var records: [TimelineRecord] = []
        while let log = rest.indices.filter({ !rest[$0].isEmpty }).randomElement(using: &generator) {
            records.append(rest[log].removeFirst())
        }
        return records
    }
}

/// A timeline in a folder of its own.
struct TestTimeline {
    let folder: URL
    let store: TimelineStore

    init(_ folder: URL? = nil) throws {
        let name = "patchbay-timeline-\(UUID().uuidString)"
        self.folder = folder ?? FileManager.default.temporaryDirectory.appending(path: name)
        store = try TimelineStore(directory: self.folder.path, prefix: "test", logger: .silent)
    }

    var file: URL { folder.appending(path: "test-timeline.sqlite") }

    func remove() throws {
        try store.close()
        try FileManager.default.removeItem(at: folder)
    }

    func timeline(_ customer: CustomerID = Story.lena) async throws -> [JSONValue] {
        try await store.read { try $0.timeline(of: customer, after: nil, limit: 200).entries }
    }

    func search(_ words: String) async throws -> [String] {
        try await store.read { try $0.search(SearchWords(words), after: nil, limit: 50).entries }
            .compactMap { $0["snippet"]?.string }
    }
}

extension Logger {
    static var silent: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }
}

/// The timeline's file as somebody else may change it.
struct RawFile {
    private let queue: DatabaseQueue

    init(_ file: URL) throws {
        queue = try DatabaseQueue(path: file.path)
    }

    func execute(_ sql: String) throws {
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
    }
}

extension TimelineReader {
    /// Counts without end.
    func spin() throws -> Int? {
        try Int.fetchOne(
            db, sql: "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n")
    }
}
