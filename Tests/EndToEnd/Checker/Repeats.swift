import Kafka

/// Repeated outputs: the same again, or a rule was not deterministic; and never the first time after a later one.
enum Repeats {
    /// - Returns: the first sending of each output, ordered by the records that caused them; those without an origin
    ///   come first, in the order in which they were read.
    static func check(_ outputs: [Output], _ found: inout [Violation]) -> [Output] {
        var firsts: [Output.Origin: Output] = [:]
        var latest: [[String]: Output.Origin] = [:]
        var withoutOrigin: [Output] = []
        for output in outputs {
            guard let origin = output.origin else {
                withoutOrigin.append(output)
                continue
            }
            if let first = firsts[origin] {
                if !first.isSame(as: output) { found.append(.differingRepeat(origin: origin.text)) }
                continue
            }
            firsts[origin] = output
            // Readers keep, of each partition, the last origin of each source.
            let sequence = [output.record.topic, "\(output.record.partition)", origin.source]
            if let last = latest[sequence], origin < last { found.append(.overtaken(origin: origin.text)) }
            latest[sequence] = max(latest[sequence] ?? origin, origin)
        }
        let ordered = firsts.sorted { $0.key < $1.key }.map(\.value)
        return withoutOrigin + ordered
    }
}

extension Output {
    fileprivate func isSame(as other: Output) -> Bool {
        (topic, type, record.partition) == (other.topic, other.type, other.record.partition)
            && record.key == other.record.key && record.value == other.record.value
    }
}
