internal import Curl

/// Why something was not done, or why nobody can say whether it was.
public struct PatchbayError: Error, Sendable, CustomStringConvertible {
    /// For programs; stable.
    public var code: Code
    /// Of the answer; nil when none came.
    public var status: Int?
    /// For people.
    public var detail: String
    /// When to come again, as far as the service said.
    public var retryAfter: Duration?
    /// What was wrong with the request, field by field.
    public var fields: [Field] = []
    /// Without an answer: the service may have done it all the same. Repeat it with the same key.
    public var isAmbiguous = false

    /// The same request, with the same key, may succeed later.
    public var isRetriable: Bool {
        guard let status else { return code != .invalidRequest }
        return status == 429 || status >= 500
    }

    public var description: String {
        "\(status.map { "\($0) " } ?? "")\(code.rawValue): \(detail)"
            + fields.map { " \($0.field): expected \($0.expected)." }.joined()
    }

    /// The end of a problem's `type`, or a reason of the client's own.
    public struct Code: Word {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The offer was answered already.
        public static let offerTaken: Code = "offer-taken"
        public static let offerExpired: Code = "offer-expired"
        public static let offerRevoked: Code = "offer-revoked"
        public static let unknownAgent: Code = "unknown-agent"
        public static let unknownOffer: Code = "unknown-offer"
        public static let unknownWorkItem: Code = "unknown-work-item"
        public static let unknownQueue: Code = "unknown-queue"
        public static let notYourOffer: Code = "not-your-offer"
        public static let notYourWorkItem: Code = "not-your-work-item"
        public static let workItemClosed: Code = "work-item-closed"
        public static let wrongState: Code = "wrong-state"
        public static let overCapacity: Code = "over-capacity"
        public static let noReplyAddress: Code = "no-reply-address"
        /// It is no longer the version that the change was meant for: read it again.
        public static let versionChanged: Code = "version-changed"
        /// The agent lacks a skill that the work item requires.
        public static let notQualified: Code = "not-qualified"
        /// The other agent is not there, or does not take this now.
        public static let agentUnavailable: Code = "agent-unavailable"
        public static let unknownAccount: Code = "unknown-account"
        public static let priorityNotRaised: Code = "priority-not-raised"
        /// The pool declares the reasons for being away.
        public static let unknownBreakReason: Code = "unknown-break-reason"
        /// The key named another change before.
        public static let commandReused: Code = "command-reused"
        public static let limitReached: Code = "limit-reached"
        public static let rateLimited: Code = "rate-limited"
        /// A newer poll took the place of this one.
        public static let superseded: Code = "superseded"
        public static let unauthenticated: Code = "unauthenticated"
        public static let forbidden: Code = "forbidden"
        public static let notFound: Code = "not-found"
        public static let invalidFields: Code = "invalid-fields"
        /// Another instance leads the pool.
        public static let notLeading: Code = "not-leading"
        /// Taken, but not decided yet: repeat it with the same key.
        public static let undecided: Code = "undecided"
        public static let unavailable: Code = "service-unavailable"

        /// The request cannot be sent as it is.
        public static let invalidRequest: Code = "invalid-request"
        /// Nobody answered.
        public static let noAnswer: Code = "no-answer"
        /// An answer that this client does not understand.
        public static let unexpectedAnswer: Code = "unexpected-answer"
    }

    /// A field that is not as it should be.
    public struct Field: Hashable, Sendable, Decodable {
        /// Empty for the whole body.
        public var field: String
        public var value: String?
        public var expected: String
    }
}

extension PatchbayError {
    init(_ error: CurlError) {
        let code: Code = error.code == .invalidRequest ? .invalidRequest : .noAnswer
        self.init(code: code, detail: error.description, isAmbiguous: error.isAmbiguous)
    }

    /// - Parameter response: any but 2xx.
    init(_ response: CurlResponse) {
        let problem = try? Coding.decode(Problem.self, from: response.body, status: response.status)
        self.init(
            code: problem.map { Code(rawValue: $0.code) } ?? .unexpectedAnswer, status: response.status,
            detail: problem?.detail ?? String(response.text.prefix(500)),
            retryAfter: response.header("retry-after").flatMap { Int($0) }.map { .seconds($0) },
            fields: problem?.errors ?? [])
    }

    /// - Source: RFC 9457.
    private struct Problem: Decodable {
        var code: String
        var detail: String
        var errors: [Field]?
    }
}
