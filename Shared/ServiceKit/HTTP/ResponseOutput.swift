package import HTTPTypes
package import Hummingbird

extension Response {
    /// A JSON answer.
    package static func json(
        _ value: JSONValue, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        if headers[.cacheControl] == nil { headers[.cacheControl] = "no-store" }
        let body = ByteBuffer(bytes: value.bytes)
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    /// A JSON answer.
    package static func json(
        _ value: some JSONRepresentable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        .json(value.json, status: status, headers: headers)
    }

    /// A JSON answer of a known version: 304 without a body when the client has this one.
    package static func json(
        _ value: some JSONRepresentable, version: ETag, for request: Request
    ) -> Response {
        let headers: HTTPFields = [.eTag: version.text, .cacheControl: "no-cache"]
        let known = request.headers[values: .ifNoneMatch]
        if version.isListed(in: known) { return Response(status: .notModified, headers: headers) }
        return .json(value.json, headers: headers)
    }

    /// A page of a list. Where it goes on is in `next_cursor`, and as a link with the same filters (RFC 8288).
    /// - Parameter next: nil for the last page.
    package static func list(
        _ name: String, _ elements: [JSONValue], next: Cursor?, of request: Request
    ) -> Response {
        var members: [(String, JSONValue)] = [(name, .array(elements))]
        guard let next else { return .json(JSONValue.object(members)) }
        members.append(("next_cursor", .string(next.text)))
        let filters = (request.uri.query ?? "").split(separator: "&").filter { !$0.hasPrefix("cursor=") }
        let query = (filters + ["cursor=\(next.text)"]).joined(separator: "&")
        let link = "<\(request.uri.path)?\(query)>; rel=\"next\""
        return .json(JSONValue.object(members), headers: [HTTPField.Name("Link")!: link])
    }

    /// Nothing to say: 204.
    package static var empty: Response { Response(status: .noContent) }

    /// A short text.
    package static func text(_ text: String, status: HTTPResponse.Status = .ok, type: String) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

/// The version of a resource, as HTTP shows it. Strong: equal tags mean equal bytes.
package struct ETag: Hashable, Sendable {
    /// With its quotes.
    package let text: String

    package init(_ value: String) {
        text = "\"\(value)\""
    }

    package init(version: some BinaryInteger) {
        text = "\"\(version)\""
    }

    /// Whether an `If-Match` or `If-None-Match` names this version.
    package func isListed(in values: [String]) -> Bool {
        values.flatMap { $0.split(separator: ",") }.contains { listed in
            let tag = listed.drop { $0 == " " }
            return tag == "*" || tag == text || tag == "W/\(text)"
        }
    }

    /// - Throws: `Problem` 412 when the client wants to change another version than this.
    package func requireMatch(of request: Request) throws(Problem) {
        let wanted = request.headers[values: .ifMatch]
        guard wanted.isEmpty || isListed(in: wanted) else {
            throw Problem(.preconditionFailed, "version-changed", "The version is now \(text): read it again.")
        }
    }
}
