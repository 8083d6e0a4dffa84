import CRdKafka

/// Which member of which generation of a group commits offsets: what fences a member that the group has passed over.
///
/// SAFETY: the pointee is immutable after `init` and belongs to no client; librdkafka only copies from it, so any thread
/// may use it, and freeing it in `deinit` is plain `free`.
package final class GroupMetadata: @unchecked Sendable {
    let pointer: OpaquePointer
    package let group: String

    init(taking pointer: OpaquePointer, group: String) {
        self.pointer = pointer
        self.group = group
    }

    deinit {
        rd_kafka_consumer_group_metadata_destroy(pointer)
    }
}
