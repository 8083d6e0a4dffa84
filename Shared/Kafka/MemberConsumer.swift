import CRdKafka
import Dispatch
import Synchronization

/// A member of a consumer group that only learns which partitions it leads: it never reads a record.
///
/// Rebalancing is cooperative: partitions that stay are never taken away in between. Each `Event` but an error has to
/// be acknowledged, at the moment the caller chooses (for `.revoked`: after the checkpoints); the group waits for it.
///
/// - Bounds: `poll` has to be called within `max.poll.interval.ms` (5 minutes), or the group passes this member over.
///
/// SAFETY: `client` guards librdkafka's instance against use after `close()`; all other state is in a `Mutex`.
package final class MemberConsumer: @unchecked Sendable {
    package enum Event: Hashable, Sendable {
        /// Newly given; lead them once acknowledged.
        case assigned([TopicPartition])
        /// To be given back; still led until acknowledged.
        case revoked([TopicPartition])
        /// Taken away already (time-out, fencing): somebody else may lead them, so nothing more may be written.
        case lost([TopicPartition])
        /// Something to log; librdkafka goes on by itself unless it `isFatal`.
        case error(KafkaError)
    }

    private struct State {
        var assignment: Set<TopicPartition> = []
        /// The rebalance that librdkafka has told of and nobody has answered yet.
        var unanswered: Event?
        /// Whether the group has ever said what is this member's.
        var hasHeard = false
        var statistics: Statistics?
    }

    private let client: Client
    private let context: String
    private let isStatic: Bool
    private let state = Mutex(State())
    package let group: String

    /// Joins the group in the background.
    /// - Throws: `.invalidArgument` naming an unknown property or a wrong value.
    package init(properties: [String: String], group: String, topics: [String]) throws(KafkaError) {
        var all = ["socket.nagle.disable": "true", "reconnect.backoff.max.ms": "1000"]
        all.merge(properties) { $1 }
        all["group.id"] = group
        all["partition.assignment.strategy"] = "cooperative-sticky"
        all["enable.auto.commit"] = "false"
        all["enable.auto.offset.store"] = "false"
        all["auto.offset.reset"] = "error"
        all["enable.partition.eof"] = "false"
        self.group = group
        isStatic = !(properties["group.instance.id"] ?? "").isEmpty
        context = "member of group \(group)"
        client = try Client(RD_KAFKA_CONSUMER, properties: all, events: ConsumerEvents.all, context: context)
        let context = context
        do throws(KafkaError) {
            try client.use(context) { handle throws(KafkaError) in
                let subscription = topics.map {
                    (TopicPartition(topic: $0, partition: patchbay_partition_any), Int64(0))
                }
                let code = PartitionList.with(subscription) { rd_kafka_subscribe(handle.instance, $0) }
                if let error = Client.error(code, of: handle.instance, context: "\(context): subscribe") { throw error }
            }
        } catch {
            close()
            throw error
        }
    }

    /// What happened since the last call: waits up to `timeout` for the first, and takes the rest without waiting.
    ///
    /// Blocks the calling thread; one thread at a time.
    /// - Bounds: 64 events.
    package func poll(timeout: Duration) -> [Event] {
        var events: [Event] = []
        client.useIfOpen { handle in
            var wait = timeout.milliseconds
            while events.count < 64, let event = rd_kafka_queue_poll(handle.queue, wait) {
                if let event = take(event, of: handle.instance) { events.append(event) }
                wait = 0
            }
        }
        return events
    }

    /// Makes a waiting `poll`, or the next one, return early. Any thread; never blocks.
    package func wakeUp() {
        client.useIfOpen { rd_kafka_queue_yield($0.queue) }
    }

    /// Takes the partitions of an `.assigned`, or gives back those of a `.revoked` or `.lost`. An error needs none.
    ///
    /// Blocks shortly, on librdkafka's own thread only.
    /// - Throws: mostly because the group has moved on meanwhile; the next `poll` says to where.
    package func acknowledge(_ event: Event) throws(KafkaError) {
        if event.isRebalance { state.withLock { $0.unanswered = nil } }
        switch event {
        case .assigned(let partitions): try assign(partitions)
        case .revoked(let partitions), .lost(let partitions): try unassign(partitions)
        case .error: break
        }
    }

    /// What commits offsets in the name of this member, in its present generation. Take a fresh one for each commit.
    /// Of a closed member it is one that every broker refuses with `.unknownMemberID`.
    package func groupMetadata() -> GroupMetadata {
        let metadata = client.useIfOpen { rd_kafka_consumer_group_metadata($0.instance) } ?? nil
        let refused = { rd_kafka_consumer_group_metadata_new_with_genid(self.group, 0, "closed", nil)! }
        return GroupMetadata(taking: metadata ?? refused(), group: group)
    }

    /// The id that the group's coordinator gave this member; empty until it has joined.
    package var memberID: String {
        client.useIfOpen { handle in
            guard let text = rd_kafka_memberid(handle.instance) else { return "" }
            defer { rd_kafka_mem_free(handle.instance, text) }
            return String(cString: text)
        } ?? ""
    }

    /// The partitions acknowledged as assigned and not given back since.
    package var assignment: Set<TopicPartition> { state.withLock { $0.assignment } }

    /// Whether the group has taken the assignment away, though `poll` may not have said so yet.
    package var hasLostAssignment: Bool {
        client.useIfOpen { rd_kafka_assignment_lost($0.instance) != 0 } ?? true
    }

    /// The latest statistics that `poll` has met; needs the property `statistics.interval.ms`.
    package var statistics: Statistics? { state.withLock { $0.statistics } }

    /// Gives back what is assigned, leaves the group and frees everything. A second call does nothing.
    ///
    /// Blocks the calling thread until calls on other threads have returned and the coordinator has answered, at most
    /// about 8 seconds: a broker that is away does not hold up a shutdown.
    package func close() {
        guard let handle = client.retire() else { return }
        // librdkafka waits without end for a group whose coordinator has forgotten it: that must hold up nobody.
        let finished = DispatchSemaphore(value: 0)
        _ = NamedThread.start("member-close") {
            self.leave(handle)
            finished.signal()
        }
        _ = finished.wait(timeout: .now() + .seconds(8))
        state.withLock { $0.assignment = [] }
    }

    /// On a thread of its own, which may outlive `close()`: it holds on to this object, so to the client's context.
    private func leave(_ handle: Client.Handle) {
        var isSettled = settle(handle)
        answerInTime(handle)
        sendLeave(handle)
        let closing = rd_kafka_queue_new(handle.instance)!
        if let error = rd_kafka_consumer_close_queue(handle.instance, closing) {
            rd_kafka_error_destroy(error)
        } else {
            let deadline = Deadline(after: .seconds(5))
            while rd_kafka_consumer_closed(handle.instance) == 0, !deadline.isOver {
                guard let event = rd_kafka_queue_poll(closing, 50) else { continue }
                if rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE {
                    rd_kafka_assign(handle.instance, nil)
                    isSettled = true
                }
                rd_kafka_event_destroy(event)
            }
        }
        rd_kafka_queue_destroy(closing)
        // Better a few idle threads until the process ends than no process.
        guard isSettled else { return }
        client.destroy(handle)
    }
}

extension MemberConsumer {
    /// Waits for the end of a first join that is under way. A member that goes in the midst of it sends no word of that, and
    /// the others wait for it until its session is over. Also, librdkafka 2.0.2 aborts the process when a member is
    /// destroyed that has heard of its group's assignor and never of an assignment (librdkafka issue 4312, mended in 2.3).
    ///
    /// Before there is a member id the request for it may be under way, or the broker away: that is not waited for so long.
    /// - Returns: whether it may be destroyed.
    private func settle(_ handle: Client.Handle) -> Bool {
        let (deadline, untilNamed) = (Deadline(after: .seconds(3)), Deadline(after: .seconds(1)))
        while !state.withLock({ $0.hasHeard }), !deadline.isOver, hasMemberID(handle) || !untilNamed.isOver {
            guard let event = rd_kafka_queue_poll(handle.queue, 50) else { continue }
            _ = take(event, of: handle.instance)
        }
        return state.withLock({ $0.hasHeard }) || !hasMemberID(handle)
    }

    /// Answers a rebalance that waits for an acknowledgement, in kind and before the closing begins: afterwards librdkafka
    /// takes no answer to it, and the group is never left.
    private func answerInTime(_ handle: Client.Handle) {
        let event = state.withLock { state in
            defer { state.unanswered = nil }
            return state.unanswered
        }
        func answer(
            _ partitions: [TopicPartition],
            by call: (OpaquePointer?, UnsafePointer<rd_kafka_topic_partition_list_t>?) -> OpaquePointer?
        ) {
            let list = partitions.map { ($0, patchbay_offset_end) }
            if let error = PartitionList.with(list, { call(handle.instance, $0) }) { rd_kafka_error_destroy(error) }
        }
        switch event {
        case .assigned(let partitions): answer(partitions, by: rd_kafka_incremental_assign)
        case .revoked(let partitions), .lost(let partitions): answer(partitions, by: rd_kafka_incremental_unassign)
        case .error, nil: break
        }
    }

    /// Unsubscribes and waits until the word of it is sent, when librdkafka forgets the member's id. Closing alone sends none
    /// for a member without partitions (librdkafka 2.0.2), and the others would wait for it until its session is over.
    ///
    /// A member with a `group.instance.id` stays in the group, to take its place again.
    private func sendLeave(_ handle: Client.Handle) {
        guard !isStatic, hasMemberID(handle) else { return }
        rd_kafka_unsubscribe(handle.instance)
        let deadline = Deadline(after: .seconds(2))
        while hasMemberID(handle), !deadline.isOver {
            guard let event = rd_kafka_queue_poll(handle.queue, 20) else { continue }
            _ = take(event, of: handle.instance)
            answerInTime(handle)
        }
    }

    private func hasMemberID(_ handle: Client.Handle) -> Bool {
        guard let text = rd_kafka_memberid(handle.instance) else { return false }
        defer { rd_kafka_mem_free(handle.instance, text) }
        return text.pointee != 0
    }

    private func assign(_ partitions: [TopicPartition]) throws(KafkaError) {
        let context = "\(context): assign \(partitions)"
        try client.use(context) { handle throws(KafkaError) in
            // From the end, and paused before the broker has said where that is: nothing gets fetched.
            let list = partitions.map { ($0, patchbay_offset_end) }
            try PartitionList.with(list) { list throws(KafkaError) in
                let error = rd_kafka_incremental_assign(handle.instance, list)
                if let error = KafkaError(consuming: error, context: context) { throw error }
                let code = rd_kafka_pause_partitions(handle.instance, list)
                if let error = Client.error(code, of: handle.instance, context: "\(context): pause") { throw error }
            }
            state.withLock { $0.assignment.formUnion(partitions) }
        }
    }

    private func unassign(_ partitions: [TopicPartition]) throws(KafkaError) {
        let context = "\(context): unassign \(partitions)"
        state.withLock { $0.assignment.subtract(partitions) }
        try client.use(context) { handle throws(KafkaError) in
            let error = PartitionList.with(partitions.map { ($0, Int64(0)) }) { list in
                rd_kafka_incremental_unassign(handle.instance, list)
            }
            if let error = KafkaError(consuming: error, context: context) { throw error }
        }
    }

    /// Reads one event and frees it. A record that slipped in before the pause is dropped.
    private func take(_ event: OpaquePointer, of instance: OpaquePointer) -> Event? {
        defer { rd_kafka_event_destroy(event) }
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_REBALANCE: return rebalance(event, of: instance)
        case RD_KAFKA_EVENT_ERROR: return .error(ConsumerEvents.error(from: event, of: instance, context: context))
        case RD_KAFKA_EVENT_STATS:
            let statistics = ConsumerEvents.statistics(from: event)
            state.withLock { $0.statistics = statistics ?? $0.statistics }
            return nil
        default: return nil
        }
    }

    private func rebalance(_ event: OpaquePointer, of instance: OpaquePointer) -> Event {
        let list = rd_kafka_event_topic_partition_list(event)
        let partitions = list.map { PartitionList.entries($0).map(\.partition).sorted() } ?? []
        let isAssigned = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
        let isLost = !isAssigned && rd_kafka_assignment_lost(instance) != 0
        let told: Event = isAssigned ? .assigned(partitions) : isLost ? .lost(partitions) : .revoked(partitions)
        state.withLock { state in
            state.unanswered = told
            state.hasHeard = true
        }
        return told
    }
}

extension MemberConsumer.Event {
    /// Whether librdkafka waits for an answer.
    fileprivate var isRebalance: Bool {
        switch self {
        case .assigned, .revoked, .lost: true
        case .error: false
        }
    }
}
