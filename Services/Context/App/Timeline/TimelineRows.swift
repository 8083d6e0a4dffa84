import Domain
import GRDB
import ServiceKit

// Rows as the API shows them.

func instant(_ milliseconds: Int64?) -> Instant? {
    milliseconds.map { Instant(milliseconds: $0) }
}

extension TimelineReader {
    func identifier(_ row: Row) -> JSONValue {
        .object([
            "kind": row["kind"] as String, "value": row["value"] as String, "evidence": row["evidence"] as String,
            "reason": row["reason"] as String?, "since": instant(row["since"]), "via": row["via"] as String?,
        ])
    }

    func profile(_ row: Row) -> JSONValue {
        let attributes: String = row["attributes"]
        return .object([
            "name": row["name"] as String?, "language": row["language"] as String?,
            "attributes": try? JSONValue(parsing: attributes.utf8),
            "consents": (row["consents"] as String).split(separator: " ").map { JSONValue.string(String($0)) },
            "updated_at": instant(row["updated_at"]),
        ])
    }

    func workItem(_ row: Row) -> JSONValue {
        .object([
            "id": row["id"] as String, "pool_id": row["pool"] as String?, "queue_id": row["queue"] as String?,
            "channel": row["channel"] as String?, "priority": row["priority"] as Int?,
            "agent_id": row["agent"] as String?, "opened_at": instant(row["opened_at"]),
            "closed_at": instant(row["closed_at"]), "disposition": row["disposition"] as String?,
            "score": row["score"] as Int?,
        ])
    }

    func entry(_ row: Row) -> JSONValue {
        let detail = (row["detail"] as String?).flatMap { try? JSONValue(parsing: $0.utf8) }
        return .object([
            "kind": row["kind"] as String, "at": instant(row["at"]), "customer_id": row["customer"] as String?,
            "conversation_id": row["conversation"] as String?, "work_item_id": row["work_item"] as String?,
            "message_id": row["message"] as String?, "direction": row["direction"] as String?,
            "author": row["author"] as String?, "agent_id": row["agent"] as String?, "address": address(row),
            "identifier": row["channel"] == nil ? identifierName(row) : nil, "subject": row["subject"] as String?,
            "text": row["text"] as String?, "language": row["language"] as String?, "role": row["role"] as String?,
            "delivery": delivery(row), "detail": detail,
        ])
    }

    private func address(_ row: Row) -> JSONValue? {
        guard let channel = row["channel"] as String? else { return nil }
        return .object(["channel": channel, "account": row["account"] as String?, "identifier": identifierName(row)])
    }

    private func identifierName(_ row: Row) -> JSONValue? {
        guard let kind = row["identifier_kind"] as String? else { return nil }
        return .object(["kind": kind, "value": row["identifier_value"] as String?])
    }

    private func delivery(_ row: Row) -> JSONValue? {
        guard let state = row["delivery"] as String? else { return nil }
        return .object(["state": state, "at": instant(row["delivery_at"]), "reason": row["delivery_reason"] as String?])
    }
}
