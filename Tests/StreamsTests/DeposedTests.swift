import Domain
import Foundation
import Kafka
import Synchronization
import TestSupport
import Testing

@testable import Streams

/// An owner that stands still past its session, while somebody else takes over, and then goes on.
@Suite("A deposed owner", .timeLimit(.minutes(5)))
struct DeposedTests {
    @Test(
        "changes nothing: its checkpoint is refused, its effect counts once, and it rejoins by itself",
        arguments: [StreamStep.outputsSent, .outputsAcknowledged, .changesProduced, .offsetsSent])
    func deposed(step: StreamStep) async throws {
        let stand = try await BankStand()
        let gate = Gate(at: step)
        let (slow, quick) = (Telephone(), Telephone())
        let first = stand.makeHost(performer: slow) {
            $0.probe = gate.probe
            $0.kafka["client.id"] = "first"
        }
        let second = stand.makeHost(performer: quick) { $0.kafka["client.id"] = "second" }
        try await stand.with(first) {
            try await eventually("the first leads", within: .seconds(60)) { first.leads(1) }
            try await stand.with(second) {
                try await eventually("the second follows", within: .seconds(60)) { second.follows(1...1) }
                try await stand.send(["call A", "deposit A 1"])
                try await eventually("the call's result") { try second.read(0) { $0.accounts["A"]?.calls } == 1 }
                // This one stays without a result: the line is busy.
                slow.isBusy = true
                try await stand.send(["call B"])
                try await eventually("the first calls B") { slow.made.count == 2 }
                gate.close()
                try await stand.send(["deposit A 2", "deposit B 3"])
                try await eventually("the first stands still", within: .seconds(60)) { gate.isHolding }
                try await stand.broker.evict("first", from: stand.name)
                try await eventually("the second leads", within: .seconds(60)) { second.leads(1) }
                try await stand.send(["deposit A 4"])
                try await eventually("the second calls B") {
                    try second.read(0) { $0.accounts["B"]?.calls } == 1
                }
                let stored = try await Self.positions(stand)
                gate.open()
                slow.isBusy = false
                try await eventually("the first follows", within: .seconds(60)) { first.follows(1...1) }
                try await stand.send(["deposit B 5"])
                try await stand.ledgerFollowsLog()
                // One goes on where the other stopped: no position is ever behind an earlier one.
                let positions = try await Self.positions(stand)
                #expect(Array(positions.prefix(stored.count)) == stored)
                #expect(positions == positions.sorted())
                #expect(slow.made.filter { $0.key.hasPrefix("call/A") }.values.reduce(0, +) == 1)
                #expect(quick.made.keys.allSatisfy { $0.hasPrefix("call/B") } && quick.made.values.reduce(0, +) == 1)
                let accounts = try second.read(0) { $0.accounts }
                #expect(try await stand.oracle().machines[0]?.accounts == accounts)
                try await eventually("the follower agrees") { try first.read(0) { $0.accounts } == accounts }
                #expect(first.status.counters.repeatsDiffering + second.status.counters.repeatsDiffering == 0)
            }
        }
    }

    private static func positions(_ stand: BankStand) async throws -> [Int64] {
        try await stand.records("\(stand.name)-state").filter { $0.key == Array("position".utf8) }
            .map { try Position(decoding: $0.value ?? []).nextOffset }
    }
}

/// Holds the thread that visits a step, from when it is closed until it is opened again.
final class Gate: Sendable {
    private enum State { case idle, closed, holding, opened }

    private let step: StreamStep
    private let state = Mutex(State.idle)
    private let opened = DispatchSemaphore(value: 0)

    init(at step: StreamStep) { self.step = step }

    func close() { state.withLock { $0 = .closed } }
    var isHolding: Bool { state.withLock { $0 == .holding } }

    func open() {
        state.withLock { $0 = .opened }
        opened.signal()
    }

    func probe(_ step: StreamStep, _ partition: Int32) {
        guard step == self.step else { return }
        let holds = state.withLock { state in
            guard state == .closed else { return false }
            state = .holding
            return true
        }
        if holds { opened.wait() }
    }
}
