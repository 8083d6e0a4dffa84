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
    /// - Throws: `UnknownRules` for one that begins rules which the machine does not know: what follows cannot be told.
    package mutating func apply(_ record: Record) throws(UnknownRules) -> [StreamOutput] {
        if let version = state.unknownRules(in: record) { throw UnknownRules(version: version) }
        let step = state.apply(record)
        if step.poison != nil { poisonCount += 1 }
        return step.outputs
    }
}

package struct UnknownRules: Error, CustomStringConvertible {
    package var version: Int

    package var description: String { "the log has reached rules version \(version), which this binary does not know" }
}
