import Domain
import GRDB
import ServiceKit

/// What the routes ask the timeline, inside one read transaction.
struct TimelineReader {
    let db: Database

    /// A place in a list that is ordered newest first.
    struct Mark: Sendable {
        var at: Int64
        var key: String
    }

    /// One page of entries, newest first.
    struct Page: Sendable {
        var entries: [JSONValue]
        /// Where the next page begins; nil at the end.
        var next: Mark?
    }

    /// The customer to whom this one's messages go; nil when it belongs to nobody.
    func owner(of customer: CustomerID) throws -> CustomerID? {
        try String.fetchOne(
            db,
            sql: """
                SELECT customer FROM identifier WHERE own_customer = ? AND customer <> own_customer
                    ORDER BY via IS NULL, since DESC LIMIT 1
                """,
            arguments: [customer.rawValue]
        ).map { CustomerID($0) }
    }

    /// Whether the identifier was linked to this customer, by evidence or because the one so named was.
    func isLinked(_ identifier: Identifier, to customer: CustomerID) throws -> Bool {
        try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (
                    SELECT 1 FROM identifier WHERE kind = ? AND value = ? AND customer = ? AND evidence <> 'own')
                """,
            arguments: [identifier.kind.rawValue, identifier.value, customer.rawValue]) ?? false
    }

    /// What is known of a customer; nil when nothing is.
    func customer(_ id: CustomerID) throws -> JSONValue? {
        let identifiers = try Row.fetchAll(
            db, sql: "SELECT * FROM identifier WHERE customer = ? ORDER BY since, kind, value", arguments: [id.rawValue]
        )
        let profile = try Row.fetchOne(db, sql: "SELECT * FROM profile WHERE customer = ?", arguments: [id.rawValue])
        let items = try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM work_item WHERE closed_at IS NULL AND conversation = (
                    SELECT conversation FROM work_item WHERE customer = ? AND closed_at IS NULL
                        ORDER BY opened_at DESC LIMIT 1)
                    ORDER BY opened_at, id
                """,
            arguments: [id.rawValue])
        guard !identifiers.isEmpty || profile != nil || !items.isEmpty else { return nil }
        var members: [(String, JSONValue)] = [
            ("id", id.json),
            ("identifiers", .array(identifiers.map(identifier))),
        ]
        if let profile { members.append(("profile", self.profile(profile))) }
        if let conversation = items.first?["conversation"] as String? {
            let open = JSONValue.object(["id": conversation, "work_items": items.map(workItem)])
            members.append(("open_conversation", open))
        }
        return .object(members)
    }

    /// A conversation and its work items; nil when there is none of this id.
    func conversation(_ id: ConversationID) throws -> JSONValue? {
        let items = try Row.fetchAll(
            db, sql: "SELECT * FROM work_item WHERE conversation = ? ORDER BY opened_at, id", arguments: [id.rawValue])
        guard let first = items.first else { return nil }
        let isOpen = items.contains { ($0["closed_at"] as Int64?) == nil }
        return .object([
            "id": id, "customer_id": first["customer"] as String?, "is_open": isOpen,
            "opened_at": instant(first["opened_at"]), "work_items": items.map(workItem),
        ])
    }

    /// Everything of a customer and of those whose identifiers belong to it now, from before they did too.
    func timeline(of customer: CustomerID, after mark: Mark?, limit: Int) throws -> Page {
        let others = try String.fetchAll(
            db, sql: "SELECT DISTINCT own_customer FROM identifier WHERE customer = ?", arguments: [customer.rawValue])
        let customers = Set(others + [customer.rawValue]).sorted()
        let marks = customers.map { _ in "?" }.joined(separator: ", ")
        return try page("customer IN (\(marks))", StatementArguments(customers), after: mark, limit: limit)
    }

    /// Everything of one conversation.
    func timeline(of conversation: ConversationID, after mark: Mark?, limit: Int) throws -> Page {
        try page(
            "conversation = ? AND customer IS NOT NULL", [conversation.rawValue], after: mark, limit: limit)
    }

    private func page(
        _ condition: String, _ arguments: StatementArguments, after mark: Mark?, limit: Int
    ) throws -> Page {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM entry WHERE \(condition) \(mark == nil ? "" : "AND (at, key) < (?, ?)")
                    ORDER BY at DESC, key DESC LIMIT ?
                """,
            arguments: arguments + after(mark) + [limit + 1])
        return page(rows, limit) { entry($0) }
    }

    /// Messages and notes that hold all the words, the last of them perhaps only begun.
    func search(_ words: SearchWords, after mark: Mark?, limit: Int) throws -> Page {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT entry.*, snippet(entry_text, -1, '', '', '…', 16) AS snippet
                    FROM entry_text JOIN entry ON entry.id = entry_text.rowid
                    WHERE entry_text MATCH ? AND entry.customer IS NOT NULL
                        \(mark == nil ? "" : "AND (entry.at, entry.key) < (?, ?)")
                    ORDER BY entry.at DESC, entry.key DESC LIMIT ?
                """,
            arguments: [words.pattern] + after(mark) + [limit + 1])
        return page(rows, limit) { row in
            .object([
                "kind": row["kind"] as String, "at": instant(row["at"]), "customer_id": row["customer"] as String?,
                "conversation_id": row["conversation"] as String?, "work_item_id": row["work_item"] as String?,
                "message_id": row["message"] as String?, "snippet": row["snippet"] as String?,
            ])
        }
    }

    private func after(_ mark: Mark?) -> StatementArguments {
        mark.map { [$0.at, $0.key] } ?? []
    }

    private func page(_ rows: [Row], _ limit: Int, _ read: (Row) -> JSONValue) -> Page {
        let last = rows.count > limit ? rows[limit - 1] : nil
        return Page(
            entries: rows.prefix(limit).map(read), next: last.map { Mark(at: $0["at"], key: $0["key"]) })
    }
}

/// What somebody searches for, as FTS5 takes it.
///
/// Every word becomes a quoted string, so that nothing in it is an operator; the last may be the beginning of a word.
/// - Bounds: `wordsMax` words; more are left out.
/// - Source: <https://www.sqlite.org/fts5.html#full_text_query_syntax>
struct SearchWords: Sendable {
    static let wordsMax = 16

    let pattern: String

    init(_ text: String) {
        let words = text.split(whereSeparator: \.isWhitespace).prefix(Self.wordsMax).map { word in
            "\"\(word.escaping(["\"": "\"\"", "\0": ""]))\""
        }
        pattern = words.joined(separator: " ") + (words.isEmpty ? "\"\"" : "*")
    }
}
