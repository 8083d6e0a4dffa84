import CRdKafka

extension KafkaError {
    /// A code of the Kafka protocol (positive) or of librdkafka (negative), as `rd_kafka_resp_err_t` numbers them.
    package struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        package var rawValue: Int32

        package init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        init(_ code: rd_kafka_resp_err_t) {
            self.init(rawValue: code.rawValue)
        }

        var pointee: rd_kafka_resp_err_t { rd_kafka_resp_err_t(rawValue: rawValue) }

        /// librdkafka's name of the code, such as `_QUEUE_FULL` or `UNKNOWN_MEMBER_ID`.
        package var description: String {
            guard let name = rd_kafka_err2name(pointee) else { return "ERR_\(rawValue)" }
            return String(cString: name)
        }

        /// librdkafka's sentence for the code.
        package var text: String { String(cString: rd_kafka_err2str(pointee)) }

        /// Whether such a failure passes by itself: brokers away, elections, full local queues.
        var isTransient: Bool {
            switch self {
            case .queueFull, .timedOut, .messageTimedOut, .transport, .allBrokersDown, .resolve, .waitingForCoordinator,
                .leaderNotAvailable, .notLeaderForPartition, .requestTimedOut, .networkException,
                .coordinatorLoadInProgress, .coordinatorNotAvailable, .notCoordinator, .notEnoughReplicas,
                .notEnoughReplicasAfterAppend, .rebalanceInProgress, .concurrentTransactions, .retry,
                .unstableOffsetCommit, .notController, .throttlingQuotaExceeded, .offsetNotAvailable:
                true
            default: false
            }
        }
    }
}

extension KafkaError.Code {
    // librdkafka's own.
    package static let destroyed = Self(RD_KAFKA_RESP_ERR__DESTROY)
    package static let fail = Self(RD_KAFKA_RESP_ERR__FAIL)
    package static let transport = Self(RD_KAFKA_RESP_ERR__TRANSPORT)
    package static let resolve = Self(RD_KAFKA_RESP_ERR__RESOLVE)
    package static let messageTimedOut = Self(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
    package static let partitionEOF = Self(RD_KAFKA_RESP_ERR__PARTITION_EOF)
    package static let unknownPartition = Self(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
    package static let unknownTopic = Self(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
    package static let allBrokersDown = Self(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
    package static let invalidArgument = Self(RD_KAFKA_RESP_ERR__INVALID_ARG)
    package static let timedOut = Self(RD_KAFKA_RESP_ERR__TIMED_OUT)
    package static let queueFull = Self(RD_KAFKA_RESP_ERR__QUEUE_FULL)
    package static let waitingForCoordinator = Self(RD_KAFKA_RESP_ERR__WAIT_COORD)
    package static let conflict = Self(RD_KAFKA_RESP_ERR__CONFLICT)
    package static let state = Self(RD_KAFKA_RESP_ERR__STATE)
    package static let authentication = Self(RD_KAFKA_RESP_ERR__AUTHENTICATION)
    package static let noOffset = Self(RD_KAFKA_RESP_ERR__NO_OFFSET)
    package static let retry = Self(RD_KAFKA_RESP_ERR__RETRY)
    package static let purgedInQueue = Self(RD_KAFKA_RESP_ERR__PURGE_QUEUE)
    package static let purgedInFlight = Self(RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
    package static let fatal = Self(RD_KAFKA_RESP_ERR__FATAL)
    package static let gaplessGuarantee = Self(RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE)
    package static let maxPollExceeded = Self(RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED)
    package static let notConfigured = Self(RD_KAFKA_RESP_ERR__NOT_CONFIGURED)
    package static let fenced = Self(RD_KAFKA_RESP_ERR__FENCED)
    package static let assignmentLost = Self(RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST)
    /// The position asked for is not in the log (`RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET`).
    package static let offsetOutOfRange = Self(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)

    // The protocol's.
    package static let unknownTopicOrPartition = Self(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    package static let invalidMessage = Self(RD_KAFKA_RESP_ERR_INVALID_MSG)
    package static let leaderNotAvailable = Self(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
    package static let notLeaderForPartition = Self(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION)
    package static let requestTimedOut = Self(RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT)
    package static let messageSizeTooLarge = Self(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
    package static let networkException = Self(RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION)
    package static let coordinatorLoadInProgress = Self(RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS)
    package static let coordinatorNotAvailable = Self(RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE)
    package static let notCoordinator = Self(RD_KAFKA_RESP_ERR_NOT_COORDINATOR)
    package static let notEnoughReplicas = Self(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS)
    package static let notEnoughReplicasAfterAppend = Self(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND)
    package static let illegalGeneration = Self(RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION)
    package static let unknownMemberID = Self(RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID)
    package static let rebalanceInProgress = Self(RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS)
    package static let topicAuthorizationFailed = Self(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
    package static let groupAuthorizationFailed = Self(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
    package static let topicAlreadyExists = Self(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
    package static let invalidPartitions = Self(RD_KAFKA_RESP_ERR_INVALID_PARTITIONS)
    package static let invalidConfiguration = Self(RD_KAFKA_RESP_ERR_INVALID_CONFIG)
    package static let notController = Self(RD_KAFKA_RESP_ERR_NOT_CONTROLLER)
    package static let outOfOrderSequenceNumber = Self(RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER)
    package static let invalidProducerEpoch = Self(RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)
    package static let concurrentTransactions = Self(RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS)
    package static let offsetNotAvailable = Self(RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE)
    package static let fencedInstanceID = Self(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
    package static let invalidRecord = Self(RD_KAFKA_RESP_ERR_INVALID_RECORD)
    package static let unstableOffsetCommit = Self(RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT)
    package static let throttlingQuotaExceeded = Self(RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED)
    package static let producerFenced = Self(RD_KAFKA_RESP_ERR_PRODUCER_FENCED)
}
