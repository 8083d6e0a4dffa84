import Domain
import Kafka
import OrderedCollections
import TestSupport
import Testing

@testable import Streams

@Suite("The parts of a stream task")
struct PureTests {
    private let source = Origin.Source(service: "bank", topic: "log", partition: 2)

    @Test("an origin's text is read as it was written, and nothing else is")
    func originText() {
        let origin = Origin(source: source, offset: 77, index: 3)
        #expect(Origin(origin.description) == origin)
        #expect(origin.description == "bank/log/2/77/3")
        let later = Origin(source: source, incarnation: 1_764_000_000_000, offset: 77, index: 3)
        #expect(Origin(later.description) == later)
        #expect(later.description == "bank/log/2/1764000000000/77/3")
        for text in [
            "", "bank/log/2/77", "bank/log/two/77/3", "bank/log/2/x/3/4", "bank/log/2/0/3/4", "bank/log/2/1/3/4/5",
        ] {
            #expect(Origin(text) == nil)
        }
    }

    @Test("a filter takes each origin once, and tells a repeat that differs")
    func filter() {
        var filter = OriginFilter()
        func admit(_ offset: Int64, _ index: Int, _ value: String) -> Admission {
            filter.admit(
                Origin(source: source, offset: offset, index: index), type: [], key: [], value: Array(value.utf8))
        }
        #expect(admit(1, 0, "a") == .first)
        #expect(admit(1, 1, "b") == .first)
        #expect(admit(1, 0, "a") == .repeated)
        #expect(admit(1, 1, "c") == .repeatedDifferently)
        #expect(admit(5, 0, "d") == .first)
        #expect(admit(3, 0, "e") == .repeatedDifferently)
        #expect(OriginFilter(marks: filter.marks).marks == filter.marks)
    }

    @Test("a filter takes a log made anew from its beginning, says so once, and nothing more of the old one")
    func incarnations() {
        var filter = OriginFilter()
        func admit(_ incarnation: Int64, _ offset: Int64) -> Admission {
            filter.admit(
                Origin(source: source, incarnation: incarnation, offset: offset, index: 0), type: [], key: [], value: []
            )
        }
        // Before version 2 of the rules nothing is said of it: what comes then is of the same log.
        #expect(admit(0, 900) == .first)
        #expect(admit(50, 1_000) == .first)
        #expect(admit(0, 900) == .repeated)
        #expect(admit(60, 0) == .firstOfIncarnation)
        #expect(admit(60, 1) == .first)
        #expect(admit(60, 0) == .repeated)
        #expect(admit(50, 1_001) == .outlived)
        var restored = OriginFilter(marks: filter.marks)
        #expect(restored.marks == filter.marks)
        let origin = Origin(source: source, incarnation: 60, offset: 1, index: 0)
        #expect(restored.admit(origin, type: [], key: [], value: []) == .repeated)
    }

    /// What a bank puts out for three deposits, as its reader finds it.
    private func ledger(of log: inout StreamState<Bank>, from timestamp: Int64, controls: [Control]) -> [Record] {
        var next = log.nextOffset
        func record(_ headers: [Header], _ text: String) -> Record {
            defer { next += 1 }
            return Record(
                topic: "log", partition: 2, offset: next, timestamp: timestamp + next, timestampKind: .logAppendTime,
                key: Array("A".utf8), value: Array(text.utf8), headers: headers)
        }
        let records = controls.map { record($0.headers, "") } + (1...3).map { record([], "deposit A \($0)") }
        return records.flatMap { log.apply($0).sends }.map { send in
            Record(
                topic: "ledger", partition: 0, offset: 0, timestamp: timestamp, timestampKind: .logAppendTime,
                key: send.key, value: send.value, headers: send.headers)
        }
    }

    @Test("a log that is made anew, or put back to an earlier time, does not silence its readers")
    func logMadeAnew() {
        func bank() -> StreamState<Bank> {
            StreamState(
                service: "bank", deadLetter: "dead", machine: Bank(ledger: "ledger", log: "log", newestRules: 2))
        }
        var reader = StreamState(service: "reader", deadLetter: "dead", machine: Bank(ledger: "l", log: "ledger"))
        var log = bank()
        let old = ledger(of: &log, from: 1_000, controls: [.rules(version: 2)])
        let copy = log
        let later = ledger(of: &log, from: 1_000, controls: [])
        #expect((old + later).allSatisfy { reader.apply($0).admission == .first })
        #expect((old + later).allSatisfy { reader.apply($0).admission == .repeated })
        // From a copy: other records follow at offsets that were read before.
        var restored = copy
        let again = ledger(of: &restored, from: 5_000, controls: [.incarnation])
        #expect(again.first.map { reader.apply($0).admission } == .firstOfIncarnation)
        #expect(again.dropFirst().allSatisfy { reader.apply($0).admission == .first })
        // Made anew: the offsets begin at 0.
        var anew = bank()
        let fresh = ledger(of: &anew, from: 9_000, controls: [.rules(version: 2)])
        #expect(fresh.first.map { reader.apply($0).admission } == .firstOfIncarnation)
        #expect(fresh.dropFirst().allSatisfy { reader.apply($0).admission == .first })
        #expect(later.allSatisfy { reader.apply($0).admission == .outlived })
        // Before version 2 nothing is said of it, and the origins are what older readers know.
        var early = bank()
        #expect(ledger(of: &early, from: 9_000, controls: []).first?.header(Origin.header) == "bank/log/2/0/0")
    }

    @Test("a filter's memory of digests is bounded, its marks are not lost")
    func filterBounds() {
        var filter = OriginFilter()
        for offset in 0..<5000 {
            let origin = Origin(source: source, offset: Int64(offset), index: 0)
            let admission = filter.admit(origin, type: [], key: [], value: [])
            #expect(admission == .first)
        }
        let old = Origin(source: source, offset: 1, index: 0)
        let repeated = filter.admit(old, type: [], key: [], value: [1])
        #expect(repeated == .repeated)
        let recent = Origin(source: source, offset: 4990, index: 0)
        let differing = filter.admit(recent, type: [], key: [], value: [1])
        #expect(differing == .repeatedDifferently)
    }

    @Test("acknowledgements are complete up to the oldest outstanding output")
    func acknowledgements() {
        let acknowledgements = Acknowledgements()
        acknowledgements.expect(2, at: 3)
        acknowledgements.expect(0, at: 4)
        acknowledgements.expect(1, at: 5)
        #expect(acknowledgements.isComplete(before: 3))
        #expect(!acknowledgements.isComplete(before: 4))
        acknowledgements.settle(5)
        acknowledgements.settle(3)
        #expect(!acknowledgements.isComplete(before: 4))
        acknowledgements.settle(3)
        #expect(acknowledgements.isComplete(before: 100))
        #expect(acknowledgements.inFlight == 0)
        acknowledgements.settle(-1)
        #expect(acknowledgements.inFlight == 0)
    }

    @Test("a ticker ticks once when due, and slows down when the deadline does not come nearer")
    func ticker() {
        var ticker = Ticker()
        let start = ContinuousClock.now
        let deadline = Instant(milliseconds: 1000)
        let early = [
            ticker.shouldTick(deadline: nil, now: deadline, at: start),
            ticker.shouldTick(deadline: deadline, now: Instant(milliseconds: 999), at: start),
        ]
        #expect(early == [false, false])
        var ticks = 0
        for millisecond in 0..<10_000 {
            if ticker.shouldTick(deadline: deadline, now: deadline, at: start + .milliseconds(millisecond)) {
                ticks += 1
                ticker.returned()
            }
        }
        #expect(ticks > 5 && ticks < 25)
    }

    @Test("control records are read as they were written")
    func control() throws {
        let all: [Control] = [
            .tick, .lead(token: "t"), .attempt(effect: "e", token: "t"), .result(effect: "e", token: "t"),
            .configuration(revision: 4, part: 1, count: 2),
        ]
        for control in all { #expect(try Control.read(record(0, headers: control.headers)) == control) }
        #expect(try Control.read(record(0)) == nil)
        for text in ["4/2/2", "4/-1/2", "x", "4/1/99999"] {
            let headers = [Header(Control.header, "configuration"), Header("patchbay-part", text)]
            #expect(throws: PoisonRecord.self) { try Control.read(record(0, headers: headers)) }
        }
    }

    @Test("state that is stored and restored at random places goes on as if nothing had happened", arguments: 1...40)
    func restored(seed: UInt64) throws {
        var random = SeededRandom(seed)
        var whole = StreamState(service: "bank", deadLetter: "dead", machine: Bank(ledger: "ledger", log: "log"))
        var broken = whole
        var stored: OrderedDictionary<String, [UInt8]> = [:]
        for offset in Int64(0)..<120 {
            let record = record(
                offset, ["deposit A 1", "alarm B 7", "call C", "nonsense"].randomElement(using: &random)!,
                headers: headers(&random, offset))
            let expected = whole.apply(record)
            let found = broken.apply(record)
            #expect(found.sends == expected.sends, "seed \(seed), offset \(offset)")
            if Int.random(in: 0..<10, using: &random) == 0 {
                for change in broken.takeChanges() { stored[change.key] = change.value }
                stored["position"] = broken.encodedPosition
                broken = StreamState(service: "bank", deadLetter: "dead", machine: Bank(ledger: "ledger", log: "log"))
                try broken.restore(stored)
                #expect(broken.effects == whole.effects && broken.nextOffset == whole.nextOffset, "seed \(seed)")
            }
        }
    }

    private func headers(_ random: inout SeededRandom, _ offset: Int64) -> [Header] {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: Control.tick.headers
        case 1: Control.lead(token: "t\(offset % 2)").headers
        case 2: Control.attempt(effect: "call/C/\(offset - 1)", token: "t0").headers
        case 3: Control.result(effect: "call/C/\(offset - 2)", token: "t0").headers
        case 4: Control.configuration(revision: offset / 10 + 1, part: Int(offset % 2), count: 2).headers
        case 5: [Header(Origin.header, "other/log/0/\(Int.random(in: 0..<30, using: &random))/0")]
        default: []
        }
    }

    private func record(_ offset: Int64, _ value: String = "", headers: [Header] = []) -> Record {
        Record(
            topic: "log", partition: 0, offset: offset, timestamp: offset * 3, timestampKind: .logAppendTime,
            key: [], value: Array(value.utf8), headers: headers)
    }
}

/// SplitMix64.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
