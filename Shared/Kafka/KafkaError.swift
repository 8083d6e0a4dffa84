import CRdKafka

/// What librdkafka or a broker refused, and what it was asked for.
package struct KafkaError: Error, Hashable, Sendable {
    package var code: Code
    /// The same call may succeed later without any change.
    package var isRetriable: Bool
    /// The client is finished: close it and make a new one.
    package var isFatal: Bool
    /// The current transaction has to be aborted; after that the producer is usable again.
    package var requiresAbort: Bool
    /// What was being done, with topic and partition where there are any; no record content.
    package var context: String
    /// librdkafka's own words, which may name the property or the broker.
    package var reason: String

    package init(
        _ code: Code, context: String, reason: String? = nil, isRetriable: Bool? = nil, isFatal: Bool = false,
        requiresAbort: Bool = false
    ) {
        self.code = code
        self.context = context
        self.reason = reason ?? code.text
        self.isRetriable = isRetriable ?? (!isFatal && code.isTransient)
        self.isFatal = isFatal
        self.requiresAbort = requiresAbort
    }

    /// Somebody newer has taken over this transactional id or group member: resign, do not retry.
    package var isFenced: Bool {
        switch code {
        case .fenced, .producerFenced, .invalidProducerEpoch, .fencedInstanceID: true
        default: false
        }
    }

    /// The group has moved on without this member (a stale generation): resign from the partitions.
    package var isStaleMember: Bool {
        switch code {
        case .unknownMemberID, .illegalGeneration, .rebalanceInProgress, .assignmentLost, .maxPollExceeded: true
        default: false
        }
    }
}

extension KafkaError: CustomStringConvertible {
    package var description: String { "\(context): \(code) (\(reason))" }
}

extension KafkaError {
    /// Takes over, and frees, an error object of librdkafka; nil for a null pointer.
    init?(consuming error: OpaquePointer?, context: String) {
        guard let error else { return nil }
        defer { rd_kafka_error_destroy(error) }
        let isFatal = rd_kafka_error_is_fatal(error) != 0
        self.init(
            Code(rd_kafka_error_code(error)), context: context, reason: String(cString: rd_kafka_error_string(error)),
            isRetriable: rd_kafka_error_is_retriable(error) != 0, isFatal: isFatal,
            requiresAbort: rd_kafka_error_txn_requires_abort(error) != 0)
    }

    /// Nil for `RD_KAFKA_RESP_ERR_NO_ERROR`.
    init?(_ code: rd_kafka_resp_err_t, context: String, reason: UnsafePointer<CChar>? = nil) {
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        self.init(Code(code), context: context, reason: reason.map { String(cString: $0) })
    }

    /// The call came after `close()`.
    static func closed(_ context: String) -> KafkaError {
        KafkaError(.destroyed, context: context, reason: "the client is closed", isRetriable: false, isFatal: true)
    }
}
