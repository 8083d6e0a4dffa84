import Curl
import Domain
import Foundation
import Kafka
import Schema
import ServiceKit
import Synchronization
import TestSupport
import Testing

@testable import ConnectorApp

@Suite("Webhook receivers that misbehave")
struct MisbehavingReceiverTests {
    @Test("hold up no other conversation, and cost no more than their share", .timeLimit(.minutes(5)))
    func bulkhead() async throws {
        let broker = try await LocalBroker.shared()
        let bad = BadReceivers()
        defer { bad.stop() }
        let good = Receiver()
        let stage = Stage(broker: broker, prefix: uniqueName("bulkhead"))
        try await stage.makeTopics()
        try await stage.applyAccounts([
            "hang": bad.hanging.url(), "trickle": bad.trickling.url(), "good": good.server.url(),
        ])
        try await stage.run { http, port in
            let url = "http://127.0.0.1:\(port)"
            try await eventually("ready", within: .seconds(90)) {
                try await http.send(CurlRequest(url: "\(url)/readyz")).status == 200
            }
            // More than there are places, in conversations of their own, before the good ones come.
            try await stage.send((0..<400).map { message("h\($0)", in: "hc\($0)", account: "hang") })
            try await stage.send((0..<400).map { message("t\($0)", in: "tc\($0)", account: "trickle") })
            try await eventually("both hold what they can get", within: .seconds(60)) {
                bad.hanging.connectionCount >= 20 && bad.trickling.connectionCount >= 20
            }
            let sent = ContinuousClock.now
            try await stage.send((0..<60).map { message("g\($0)", in: "gc\($0)", account: "good") })
            try await eventually("the good one gets its messages", within: .seconds(60)) { good.ids.count >= 60 }
            // No place of a hanging receiver becomes free sooner than its tries time out.
            #expect(ContinuousClock.now - sent < WebhookDelivery.timeout)
            #expect(Set(good.ids).count == 60 && good.ids.count == 60)
            // Two partitions with 128 places each: a lane gets a quarter of them at most.
            #expect(bad.hanging.connectionCount <= 2 * 128 / 4)
            #expect(bad.trickling.connectionCount <= 2 * 128 / 4)
            let metrics = try await http.send(CurlRequest(url: "\(url)/metrics")).text
            #expect(metrics.contains(#"patchbay_connector_tries_open{account="hang"}"#))
        }
        good.server.stop()
    }

    @Test("that answer 500 for a while get each message once under one id, in order", .timeLimit(.minutes(5)))
    func failing() async throws {
        let seen = Mutex<[String]>([])
        let isMended = Mutex(false)
        let server = LoopbackServer.answering { request in
            let id = request.header("webhook-id") ?? "-"
            guard isMended.withLock({ $0 }) else { return .init(500) }
            seen.withLock { $0.append(id) }
            return .init(200)
        }
        let isSoaking = ProcessInfo.processInfo.environment["PATCHBAY_SOAK"] != nil
        try await deliver(["failing": server.url()]) { stage in
            for number in 0..<6 {
                try await stage.send([message("f\(number)", in: "fc\(number % 2)", account: "failing")])
            }
            let start = ContinuousClock.now
            try await eventually("it fails for a while", within: .seconds(120)) {
                ContinuousClock.now - start > (isSoaking ? .seconds(60) : .seconds(2))
            }
            isMended.withLock { $0 = true }
            let events = try await stage.read(.delivery, count: 6, within: isSoaking ? .seconds(300) : .seconds(90))
                .map { try DeliveryEvent(wire: $0.value ?? []) }
            #expect(events.allSatisfy { if case .sent = $0.kind { true } else { false } })
        }
        let ids = seen.withLock { $0 }
        #expect(ids.filter { ["f0", "f2", "f4"].contains($0) } == ["f0", "f2", "f4"])
        #expect(ids.filter { ["f1", "f3", "f5"].contains($0) } == ["f1", "f3", "f5"])
        #expect(ids.count == 6)
        server.stop()
    }

    @Test("that answer 200 and two gigabytes have the message, and are cut off", .timeLimit(.minutes(5)))
    func babbling() async throws {
        let bad = BadReceivers()
        try await deliver(["babbling": bad.babbling.url()]) { stage in
            try await stage.send([message("b1", in: "bc", account: "babbling")])
            let events = try await stage.read(.delivery, count: 1).map { try DeliveryEvent(wire: $0.value ?? []) }
            #expect(events.count == 1 && bad.babblingRequests == 1)
            guard case .sent = events[0].kind else {
                Issue.record("\(events)")
                return
            }
            try await eventually("the connection is closed", within: .seconds(60)) {
                bad.babbling.connectionCount == 0
            }
        }
        // What the kernel buffers on both sides, and no more.
        #expect(bad.bytesTaken < 32 << 20)
        bad.stop()
    }

    @Test("that redirect are not followed, neither elsewhere nor in circles", .timeLimit(.minutes(5)))
    func redirecting() async throws {
        let elsewhere = Mutex(0)
        let other = LoopbackServer.answering { _ in
            elsewhere.withLock { $0 += 1 }
            return .init(200)
        }
        let target = other.url()
        let asked = Mutex<[String: Int]>([:])
        let server = LoopbackServer.answering { request in
            asked.withLock { $0[request.path, default: 0] += 1 }
            return .init(307, headers: [("Location", request.path == "/away" ? target : request.path)])
        }
        try await deliver(["away": server.url("/away"), "round": server.url("/round")]) { stage in
            try await stage.send([
                message("r1", in: "rc1", account: "away"), message("r2", in: "rc2", account: "round"),
            ])
            try await eventually("both were asked a second time, after the first pause", within: .seconds(90)) {
                asked.withLock { ($0["/away"] ?? 0) >= 2 && ($0["/round"] ?? 0) >= 2 }
            }
            #expect(asked.withLock { $0.values.allSatisfy { $0 <= 3 } })
        }
        #expect(elsewhere.withLock { $0 } == 0)
        server.stop()
        other.stop()
    }

    private func deliver(
        _ webhooks: KeyValuePairs<String, String>, _ body: @escaping @Sendable (Stage) async throws -> Void
    ) async throws {
        let stage = Stage(broker: try await LocalBroker.shared(), prefix: uniqueName("receivers"))
        try await stage.makeTopics()
        try await stage.applyAccounts(webhooks)
        try await stage.run { _, _ in try await body(stage) }
    }
}

/// Servers that take a request and then misbehave.
private final class BadReceivers: Sendable {
    /// Says nothing.
    let hanging = LoopbackServer { connection in
        _ = connection.readRequest()
        connection.waitForEnd()
    }
    /// Begins its answer, a byte a second.
    let trickling = LoopbackServer { connection in
        _ = connection.readRequest()
        connection.write("HTTP/1.1 200 OK\r\nX-Patience: ")
        while connection.write("a") { sleep(1) }
    }
    let babbling: LoopbackServer
    private let taken: Taken

    private final class Taken: Sendable {
        let bytes = Mutex(0)
        let requests = Mutex(0)
    }

    init() {
        let taken = Taken()
        self.taken = taken
        babbling = LoopbackServer { connection in
            _ = connection.readRequest()
            taken.requests.withLock { $0 += 1 }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n")
            let chunk = [UInt8](repeating: 65, count: 64 << 10)
            while taken.bytes.withLock({ $0 }) < 2 << 30, connection.write(chunk) {
                taken.bytes.withLock { $0 += chunk.count }
            }
        }
    }

    var babblingRequests: Int { taken.requests.withLock { $0 } }
    var bytesTaken: Int { taken.bytes.withLock { $0 } }

    func stop() {
        for server in [hanging, trickling, babbling] { server.stop() }
    }
}
