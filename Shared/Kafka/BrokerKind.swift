/// Which broker the clients talk to. What one needs of its clients beyond Kafka stays away from all others.
package enum BrokerKind: String, CaseIterable, Sendable {
    /// Apache Kafka, or what does as Kafka does.
    case kafka
    /// The small local broker of `patchbay up --local-broker` and of the tests: it answers an empty fetch at once, so its
    /// clients pause between fetches and after an assignment (`local-broker.h`), and try again after a millisecond.
    case local

    /// Under this name the kind travels among librdkafka's properties; it never reaches librdkafka.
    package static let property = "patchbay.broker"

    init(_ properties: [String: String], context: String) throws(KafkaError) {
        guard let text = properties[Self.property] else {
            self = .kafka
            return
        }
        guard let kind = BrokerKind(rawValue: text) else {
            let expected = Self.allCases.map(\.rawValue).joined(separator: " or ")
            throw KafkaError(
                .invalidArgument, context: "\(context): property \(Self.property) = \"\(text)\"",
                reason: "expected \(expected)", isRetriable: false)
        }
        self = kind
    }

    /// How long a transactional producer waits before it asks again. Each step that meets CONCURRENT_TRANSACTIONS costs
    /// that long, and a coordinator that is moving is asked that often by every partition of every service.
    var transactionRetry: String {
        switch self {
        case .kafka: "20"
        case .local: "1"
        }
    }
}
