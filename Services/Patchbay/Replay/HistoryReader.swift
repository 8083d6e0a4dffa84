import Domain
import Kafka
import RouterPlanning
import Schema
import Streams

/// Turns a partition of `patchbay.work` into what it said to the router.
struct HistoryReader {
    /// Takes the machine's place, and writes down what it is given.
    private struct Scribe: StreamMachine {
        var history = History()

        mutating func advance(to now: Instant) -> [StreamOutput] {
            history.moments.append(History.Moment(at: now, step: .time))
            return []
        }

        mutating func apply(_ record: StreamRecord, at now: Instant) throws(PoisonRecord) -> [StreamOutput] {
            do throws(WireError) {
                write(.command(try WorkCommand(wire: record.value, type: record.type)))
            } catch {
                throw PoisonRecord(error.description, isNewer: error.isNewer)
            }
            return []
        }

        mutating func configure(
            _ configuration: StreamConfiguration, at now: Instant
        ) throws(PoisonRecord) -> [StreamOutput] {
            do throws(WireError) {
                write(.configuration(try Configuration(revision: configuration.revision, parts: configuration.parts)))
            } catch {
                throw PoisonRecord(error.description)
            }
            return []
        }

        mutating func complete(
            _ effect: String, result: [UInt8], at now: Instant
        ) throws(PoisonRecord) -> [StreamOutput] { [] }

        /// The time of the record has been written down before.
        private mutating func write(_ step: History.Step) {
            history.moments[history.moments.count - 1].step = step
        }

        var nextDeadline: Instant? { nil }
        var newestRules: Int { ServiceLog.router.newestRules }
        mutating func changes() -> [StateChange] { [] }
        mutating func restore(_ key: String, _ value: [UInt8]) throws(PoisonRecord) {}
        mutating func restore(_ configuration: StreamConfiguration) throws(PoisonRecord) {}
    }

    private var replay = StreamReplay(service: "router", machine: Scribe())
    private(set) var recordCount = 0

    /// - Throws: `StreamError` unknownRules.
    mutating func read(_ record: Record) throws {
        _ = try replay.apply(record)
        recordCount += 1
    }

    var history: History { replay.machine.history }
    var poisonCount: Int { replay.poisonCount }
}
