import Domain
import HTTPTypes
import Hummingbird
import ServiceKit

// The answers of the read routes, each made inside one read transaction.

extension TimelineReader {
    func customerPage(_ id: CustomerID, _ request: Request) throws -> Response {
        if let owner = try owner(of: id) { return redirect(id, to: owner, "", request) }
        guard let customer = try customer(id) else { throw Problem.notFound("Nothing is known of this customer.") }
        return .json(customer)
    }

    func timelinePage(
        _ id: CustomerID, _ page: (limit: Int, cursor: Cursor?), _ request: Request
    ) throws -> Response {
        if let owner = try owner(of: id) { return redirect(id, to: owner, "/timeline", request) }
        let found = try timeline(of: id, after: try Mark(page.cursor), limit: page.limit)
        if found.entries.isEmpty, page.cursor == nil, try customer(id) == nil {
            throw Problem.notFound("Nothing is known of this customer.")
        }
        return .json(list("entries", found))
    }

    func conversationPage(_ id: ConversationID, _ page: (limit: Int, cursor: Cursor?)) throws -> Response {
        guard case .object(let members) = try conversation(id) else {
            throw Problem.notFound("There is no such conversation.")
        }
        let found = try timeline(of: id, after: try Mark(page.cursor), limit: page.limit)
        guard case .object(let more) = list("entries", found) else { return .json(JSONValue.object(members)) }
        return .json(JSONValue.object(members + more))
    }

    func searchPage(_ words: SearchWords, _ page: (limit: Int, cursor: Cursor?)) throws -> Response {
        .json(list("results", try search(words, after: try Mark(page.cursor), limit: page.limit)))
    }

    /// A customer whose own identifier is linked to another customer is found there, and only for as long as the link
    /// holds.
    private func redirect(
        _ id: CustomerID, to owner: CustomerID, _ rest: String, _ request: Request
    ) -> Response {
        let query = request.uri.query.map { "?\($0)" } ?? ""
        let body = JSONValue.object(["id": id, "linked_to": owner])
        return .json(
            body, status: .temporaryRedirect, headers: [.location: "/v1/customers/\(owner)\(rest)\(query)"])
    }

    private func list(_ name: String, _ page: Page) -> JSONValue {
        let next = page.next.map { Cursor(["\($0.at)", $0.key]).json } ?? .null
        return .object([(name, .array(page.entries)), ("next_cursor", next)])
    }
}

extension TimelineReader.Mark {
    fileprivate init?(_ cursor: Cursor?) throws(Problem) {
        guard let cursor else { return nil }
        guard cursor.parts.count == 2, let at = Int64(cursor.parts[0]) else {
            throw .invalidFields([
                FieldError(field: "cursor", value: nil, expected: "the next_cursor of an earlier answer")
            ])
        }
        self.init(at: at, key: cursor.parts[1])
    }
}
