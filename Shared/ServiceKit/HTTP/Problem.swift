package import HTTPTypes
package import Hummingbird

/// An answer that says no: every error that a client sees is one of these.
///
/// `type` and `code` are stable and meant for programs, `detail` for people. Never holds message contents or secrets.
/// - Source: RFC 9457.
package struct Problem: Error, Sendable {
    package var status: HTTPResponse.Status
    package var code: String
    package var detail: String
    package var errors: [FieldError]
    package var headers: HTTPFields

    /// - Parameter code: lower-case words joined by `-`; the end of the type's URI.
    package init(
        _ status: HTTPResponse.Status, _ code: String, _ detail: String, errors: [FieldError] = [],
        headers: HTTPFields = [:]
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers
    }

    /// A summary of the type, the same every time: the code in words.
    package var title: String {
        let words = code.replacing("-", with: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    package static let typePrefix = "https://patchbay.dev/problems/"

    func response(instance: String) -> Response {
        let (head, body) = parts(instance: instance)
        return Response(status: head.status, headers: head.headerFields, body: ResponseBody(byteBuffer: body))
    }

    func parts(instance: String) -> (HTTPResponse, ByteBuffer) {
        var members: [(String, JSONValue)] = [
            ("type", .string(Problem.typePrefix + code)), ("title", .string(title)),
            ("status", .integer(Int64(status.code))), ("detail", .string(detail)),
            ("instance", .string(instance)), ("code", .string(code)),
        ]
        if !errors.isEmpty { members.append(("errors", .array(errors.map(\.json)))) }
        var headers = headers
        headers[.contentType] = "application/problem+json"
        headers[.cacheControl] = "no-store"
        let body = ByteBuffer(bytes: JSONValue.object(members).bytes)
        headers[.contentLength] = "\(body.readableBytes)"
        return (HTTPResponse(status: status, headerFields: headers), body)
    }
}

extension Problem: HTTPResponseError {
    package func response(from request: Request, context: some RequestContext) -> Response {
        response(instance: request.uri.path)
    }
}

extension FieldError: JSONRepresentable {
    package var json: JSONValue {
        .object(["field": field, "value": value, "expected": expected])
    }
}

// MARK: - The problems that all services share

extension Problem {
    /// A cursor that this list never gave.
    package static var foreignCursor: Problem {
        .invalidFields([FieldError(field: "cursor", value: nil, expected: "the next_cursor of an earlier answer")])
    }

    package static func malformedJSON(_ detail: String) -> Problem {
        Problem(.badRequest, "malformed-json", detail)
    }

    package static func invalidFields(_ errors: [FieldError]) -> Problem {
        let named = errors.prefix(3).map { $0.field.isEmpty ? "the body" : $0.field }.joined(separator: ", ")
        let more = errors.count > 3 ? " and \(errors.count - 3) more" : ""
        return Problem(.unprocessableContent, "invalid-fields", "Not as expected: \(named)\(more).", errors: errors)
    }

    package static func bodyTooLarge(bytesMax: Int) -> Problem {
        Problem(.contentTooLarge, "body-too-large", "A body has at most \(bytesMax) bytes here.")
    }

    package static func unsupportedMediaType(expected: String) -> Problem {
        Problem(.unsupportedMediaType, "unsupported-media-type", "The Content-Type must be \(expected).")
    }

    package static func unauthenticated(_ detail: String, error: String? = nil) -> Problem {
        var challenge = "Bearer realm=\"patchbay\""
        if let error { challenge += ", error=\"\(error)\", error_description=\"\(detail)\"" }
        return Problem(.unauthorized, "unauthenticated", detail, headers: [.wwwAuthenticate: challenge])
    }

    package static func forbidden(_ detail: String) -> Problem {
        Problem(.forbidden, "forbidden", detail)
    }

    package static func notFound(_ detail: String) -> Problem {
        Problem(.notFound, "not-found", detail)
    }

    /// Something that the service depends on is away, Kafka first of all: nothing was done, try again.
    ///
    /// - Parameter retryAfter: whole seconds.
    package static func unavailable(_ detail: String, retryAfter seconds: Int = 2) -> Problem {
        Problem(.serviceUnavailable, "service-unavailable", detail, headers: [.retryAfter: "\(seconds)"])
    }

    /// A command was written, but this instance has not seen its result in time.
    package static var undecided: Problem {
        let detail = "The command was taken but is not decided yet. Send it again with the same Idempotency-Key."
        return Problem(.serviceUnavailable, "undecided", detail, headers: [.retryAfter: "1"])
    }

    /// The service has as much to do as it can bear: nothing was done.
    package static func overloaded(_ detail: String) -> Problem {
        Problem(.serviceUnavailable, "overloaded", "\(detail) Nothing was done.", headers: .comeAgain)
    }

    /// Whoever asks has more under way than is their share: nothing was done.
    package static func tooManyRequests(_ detail: String) -> Problem {
        Problem(.tooManyRequests, "too-many-requests", "\(detail) Nothing was done.", headers: .comeAgain)
    }

    /// A request that waited made room for a newer one.
    static func superseded(limit: Int) -> Problem {
        let detail = "At most \(limit) requests wait for the same thing; a newer one took the place of this one."
        return Problem(.tooManyRequests, "superseded", detail, headers: [.retryAfter: "5", .connection: "close"])
    }

    /// The client closed the connection, or was too slow, before its request was complete.
    static var incompleteRequest: Problem {
        Problem(
            .badRequest, "incomplete-request", "The request ended before its body did.", headers: [.connection: "close"]
        )
    }

    package static func tooManyWaiting(limit: Int) -> Problem {
        let detail = "At most \(limit) requests wait here at a time."
        return Problem(.serviceUnavailable, "too-many-waiting", detail, headers: [.retryAfter: "5"])
    }
}

extension HTTPFields {
    /// When those who were sent away should come again: not all at once.
    fileprivate static var comeAgain: HTTPFields { [.retryAfter: "\(Int.random(in: 1...3))"] }
}
