package import Kafka

/// A recorded partition, applied as a stream task applies it: repeats dropped, controls obeyed, poison left out.
package struct StreamReplay<Machine: StreamMachine>: Sendable {
    private var state: StreamState<Machine>
    /// Records that the machine could not understand.
    package private(set) var poisonCount = 0

    package init(service: String, machine: Machine) {
        state = StreamState(service: service, deadLetter: "", machine: machine)
    }

    package var machine: Machine { state.machine }

    /// Applies the next record.
    /// - Returns: what the machine wants to happen.
    /// - Throws: `StreamError` unknownRules for one that a newer program wrote: what follows cannot be told.
    package mutating func apply(_ record: Record) throws(StreamError) -> [StreamOutput] {
        if let error = state.newerThanKnown(record) { throw error }
        let step = state.apply(record)
        if let poison = step.poison, poison.isNewer { throw StreamError.unknownKind(poison.reason, record) }
        if step.poison != nil { poisonCount += 1 }
        return step.outputs
    }
}
