import CRdKafka

// Transactions of a producer with a transactional id.
//
// All of these block the calling thread up to their time-out, and are called by one thread, in order. Of an error,
// `isRetriable` says that the same call may be repeated, `requiresAbort` that `abortTransaction` comes next, and
// `isFatal` or `isFenced` that this producer is finished.
extension Producer {
    /// Fences every older producer of this transactional id, and ends its open transaction. Once, before all others.
    package func initTransactions(timeout: Duration) throws(KafkaError) {
        try perform("begin as transactional producer") { rd_kafka_init_transactions($0, timeout.milliseconds) }
    }

    /// Does not block.
    package func beginTransaction() throws(KafkaError) {
        try perform("begin transaction") { rd_kafka_begin_transaction($0) }
    }

    /// Lands everything produced in the transaction, or nothing. A record that failed makes it throw `requiresAbort`.
    package func commitTransaction(timeout: Duration) throws(KafkaError) {
        try perform("commit transaction") { rd_kafka_commit_transaction($0, timeout.milliseconds) }
    }

    package func abortTransaction(timeout: Duration) throws(KafkaError) {
        try perform("abort transaction") { rd_kafka_abort_transaction($0, timeout.milliseconds) }
    }

    /// Commits a group's offsets as part of the transaction.
    /// - Parameters:
    ///   - offsets: the next record to be read of each partition.
    ///   - group: as `MemberConsumer.groupMetadata()` gave it; a broker refuses one of an older generation with
    ///     `.unknownMemberID` or `.illegalGeneration`.
    package func sendOffsets(
        _ offsets: [TopicPartition: Int64], group: GroupMetadata, timeout: Duration
    ) throws(KafkaError) {
        let ordered = offsets.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        try perform("send offsets of group \(group.group)") { instance in
            PartitionList.with(ordered) { list in
                rd_kafka_send_offsets_to_transaction(instance, list, group.pointer, timeout.milliseconds)
            }
        }
    }

    private func perform(_ what: String, _ call: (OpaquePointer) -> OpaquePointer?) throws(KafkaError) {
        let context = "\(context): \(what)"
        try client.use(context) { handle throws(KafkaError) in
            guard var error = KafkaError(consuming: call(handle.instance), context: context) else { return }
            if error.code == .fatal, let cause = Client.fatalError(of: handle.instance, context: context) {
                error = cause
            }
            throw error
        }
    }
}
