import Domain
import GRDB
import ServiceKit

/// Writes records into the timeline, inside one transaction.
///
/// The partitions and topics are read side by side, so what belongs together comes in any order: every statement fills
/// in what its record knows and leaves the rest as it is.
struct TimelineWriter {
    let db: Database

    func apply(_ record: TimelineRecord) throws {
        switch record.content {
        case .inbound(let inbound): try apply(inbound, record)
        case .workEvent(let event): try apply(event, record)
        case .outbound(let message): try apply(message)
        case .delivery(let event): try apply(event)
        case .slaEvent(let event): try apply(event, record)
        }
    }

    // MARK: - inbound

    private func apply(_ inbound: InboundRecord, _ record: TimelineRecord) throws {
        switch inbound {
        case .messageReceived(let message): try receive(message, record)
        case .messageFiled(let filed): try file(filed)
        case .identifierAttached(let link): try attach(link, record)
        case .identifierDetached(let link): try detach(link, record)
        case .profileUpdated(let profile): try update(profile, record)
        case .workItemClosed(let closed):
            try put(
                "work_item", ["id": closed.workItemID.rawValue],
                [
                    "conversation": closed.conversationID.rawValue, "customer": closed.customerID.rawValue,
                    "agent": closed.agentID?.rawValue, "disposition": closed.disposition,
                    "closed_at": record.at.milliseconds,
                ])
        case .workItemReopened(let reopened):
            try put(
                "work_item", ["id": reopened.workItemID.rawValue],
                [
                    "conversation": reopened.conversationID.rawValue, "customer": reopened.customerID.rawValue,
                    "opened_at": record.at.milliseconds,
                ])
        // The links themselves show on the customer's side, as attached and detached; a survey as its message.
        // A departure and an agent's wish to write first show as what the router made of them.
        case .identityLinked, .identityUnlinked, .surveyAsked, .customerLeft, .conversationAsked: break
        }
    }

    private func receive(_ message: InboundMessage, _ record: TimelineRecord) throws {
        let at = message.acceptedAt ?? record.at
        // Where it was forwarded to, if it was, whichever of the two is read first.
        let holder = (record.holder ?? message.customerID).rawValue
        try putMessage(
            Self.key(ofReceived: message.boundID), message.messageID, at: at, message.address,
            [
                "direction": "in", "author": "customer", "subject": message.subject, "text": message.text,
                "language": message.language, "holder": message.forwardedFrom == nil ? nil : holder,
            ], first: ["holder": message.forwardedFrom == nil ? holder : nil])
        try db.execute(
            sql: """
                INSERT INTO identifier (kind, value, customer, own_customer, evidence, since)
                    VALUES (?, ?, ?, ?, 'own', ?) ON CONFLICT DO NOTHING
                """,
            arguments: [
                message.address.identifier.kind.rawValue, message.address.identifier.value,
                message.customerID.rawValue, message.customerID.rawValue, at.milliseconds,
            ])
    }

    private func file(_ filed: MessageFiled) throws {
        for key in try keys(of: filed) {
            try put(
                "entry", ["key": key],
                [
                    "kind": "message", "message": filed.messageID.rawValue, "at": filed.acceptedAt.milliseconds,
                    "customer": filed.customerID.rawValue, "conversation": filed.conversationID.rawValue,
                    "work_item": filed.workItemID.rawValue, "role": filed.role.rawValue,
                ])
        }
        guard filed.role == .opened else { return }
        try put(
            "work_item", ["id": filed.workItemID.rawValue],
            [
                "conversation": filed.conversationID.rawValue, "customer": filed.customerID.rawValue,
                "opened_at": filed.acceptedAt.milliseconds,
            ])
    }

    /// The entries of a filed message: the one that its id names; of one that the first version of the rules filed,
    /// those of that id in the customer's partition, which have been read before it.
    private func keys(of filed: MessageFiled) throws -> [String] {
        let own = Self.key(ofReceived: filed.messageID)
        if try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM entry WHERE key = ?)", arguments: [own]) ?? false {
            return [own]
        }
        let found = try String.fetchAll(
            db, sql: "SELECT key FROM entry WHERE message = ? AND holder = ? ORDER BY key",
            arguments: [filed.messageID.rawValue, filed.customerID.rawValue])
        return found.isEmpty ? [own] : found
    }

    private static func key(ofReceived id: MessageID) -> String { "received/\(id)" }

    private static func key(ofSent id: MessageID, in conversationID: ConversationID) -> String {
        "sent/\(conversationID)/\(id)"
    }

    private func attach(_ link: IdentityLink, _ record: TimelineRecord) throws {
        try put(
            "identifier",
            [
                "kind": link.identifier.kind.rawValue, "value": link.identifier.value,
                "customer": link.customerID.rawValue,
            ],
            [
                "own_customer": link.identifier.customerID.rawValue, "via": link.via?.rawValue,
                "evidence": link.evidence.rawValue, "reason": link.reason, "since": record.at.milliseconds,
            ])
        try putEvent("identifier-linked", record, link)
    }

    private func detach(_ link: IdentityLink, _ record: TimelineRecord) throws {
        try db.execute(
            sql: "DELETE FROM identifier WHERE kind = ? AND value = ? AND customer = ? AND evidence <> 'own'",
            arguments: [link.identifier.kind.rawValue, link.identifier.value, link.customerID.rawValue])
        try putEvent("identifier-unlinked", record, link)
    }

    private func putEvent(_ kind: String, _ record: TimelineRecord, _ link: IdentityLink) throws {
        try put(
            "entry", ["key": record.key],
            [
                "kind": kind, "at": record.at.milliseconds, "customer": link.customerID.rawValue,
                "identifier_kind": link.identifier.kind.rawValue, "identifier_value": link.identifier.value,
                "detail": JSONValue.object(["evidence": link.evidence.rawValue, "reason": link.reason]).text,
            ])
    }

    private func update(_ profile: CustomerProfile, _ record: TimelineRecord) throws {
        let attributes = JSONValue.object(profile.attributes.map { ($0.name, .string($0.value)) }).text
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO profile (customer, name, language, attributes, consents, updated_at)
                    VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                profile.customerID.rawValue, profile.name, profile.language, attributes,
                profile.consents.map(\.rawValue).joined(separator: " "), record.at.milliseconds,
            ])
        try put(
            "entry", ["key": record.key],
            ["kind": "profile-updated", "at": record.at.milliseconds, "customer": profile.customerID.rawValue])
    }

    // MARK: - outbound, delivery

    private func apply(_ message: OutboundMessage) throws {
        let (author, agent): (String, String?) =
            switch message.author {
            case .agent(let id): ("agent", id.rawValue)
            case .acknowledgement: ("acknowledgement", nil)
            case .survey: ("survey", nil)
            case .notice: ("notice", nil)
            }
        try putMessage(
            Self.key(ofSent: message.messageID, in: message.conversationID), message.messageID, at: message.createdAt,
            message.address,
            [
                "direction": "out", "author": author, "agent": agent, "text": message.text,
                "customer": message.customerID.rawValue, "conversation": message.conversationID.rawValue,
                "work_item": message.workItemID.rawValue,
            ])
    }

    private func apply(_ event: DeliveryEvent) throws {
        let (state, reason): (DeliveryState, String?) =
            switch event.kind {
            case .sent: (.sent, nil)
            case .delivered: (.delivered, nil)
            case .read: (.read, nil)
            case .failed(let reason, _): (.failed, reason)
            }
        let key = Self.key(ofSent: event.messageID, in: event.conversationID)
        let known = try String.fetchOne(db, sql: "SELECT delivery FROM entry WHERE key = ?", arguments: [key])
        if let known = known.flatMap(DeliveryState.init(rawValue:)), known > state { return }
        try put(
            "entry", ["key": key],
            [
                "message": event.messageID.rawValue, "conversation": event.conversationID.rawValue,
                "delivery": state.rawValue, "delivery_at": event.at.milliseconds, "delivery_reason": reason,
            ],
            first: ["kind": "message", "at": event.at.milliseconds])
    }

    // MARK: - Statements

    private func putMessage(
        _ key: String, _ id: MessageID, at: Instant, _ address: Address, _ values: KeyValuePairs<String, String?>,
        first: KeyValuePairs<String, String?> = [:]
    ) throws {
        let common: [(String, (any DatabaseValueConvertible)?)] = [
            ("kind", "message"), ("at", at.milliseconds),
            ("channel", address.channel.rawValue), ("account", address.account.rawValue),
            ("identifier_kind", address.identifier.kind.rawValue), ("identifier_value", address.identifier.value),
        ]
        // Filing may have given it another name, and been read first.
        let names: [(String, (any DatabaseValueConvertible)?)] = [("message", id.rawValue)]
        try put(
            "entry", [("key", key)], common + values.map { ($0.key, $0.value as (any DatabaseValueConvertible)?) },
            first: names + first.compactMap { $0.value == nil ? nil : ($0.key, $0.value) })
    }

    func put(
        _ table: String, _ keys: KeyValuePairs<String, (any DatabaseValueConvertible)?>,
        _ values: KeyValuePairs<String, (any DatabaseValueConvertible)?>,
        first: KeyValuePairs<String, (any DatabaseValueConvertible)?> = [:]
    ) throws {
        try put(
            table, keys.map { ($0.key, $0.value) }, values.map { ($0.key, $0.value) },
            first: first.map { ($0.key, $0.value) })
    }

    /// Inserts a row or fills in its columns; a column whose value is nil is left as it is.
    /// - Parameter first: columns that are written only when the row is new.
    private func put(
        _ table: String, _ keys: [(String, (any DatabaseValueConvertible)?)],
        _ values: [(String, (any DatabaseValueConvertible)?)],
        first: [(String, (any DatabaseValueConvertible)?)] = []
    ) throws {
        let values = values.filter { $0.1 != nil }
        let all = keys + values + first
        let columns = all.map(\.0).joined(separator: ", ")
        let marks = all.map { _ in "?" }.joined(separator: ", ")
        let updates = values.map { "\($0.0) = excluded.\($0.0)" }.joined(separator: ", ")
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO \(table) (\(columns)) VALUES (\(marks))
                    ON CONFLICT (\(keys.map(\.0).joined(separator: ", "))) DO UPDATE SET \(updates)
                """)
        try statement.execute(arguments: StatementArguments(all.map(\.1)))
    }
}

/// How far a message to a customer has come. A later word never takes back a better one.
enum DeliveryState: String, CaseIterable, Comparable {
    case sent, failed, delivered, read

    static func < (left: DeliveryState, right: DeliveryState) -> Bool {
        allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
    }
}
