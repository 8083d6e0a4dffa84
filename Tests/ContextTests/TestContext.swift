import Curl
import Domain
import Foundation
import Kafka
import Logging
import Schema
import ServiceKit
import Synchronization
import Testing

@testable import ContextApp

/// Context's HTTP side as it is deployed, over a timeline of its own and an `inbound` in memory: for everything that
/// needs no Kafka.
struct TestContext: Sendable {
    let port: Int
    let http: CurlClient
    let timeline: TestTimeline
    let inbound: MemoryInbound
    let tokens: Tokens

    /// Runs the routes for as long as the body takes.
    static func with(_ body: @Sendable (TestContext) async throws -> Void) async throws {
        let secret = "an auth secret of at least 32 characters"
        let timeline = try TestTimeline()
        let settings = try Settings(
            ServiceDescription.context.settings,
            environment: ["PATCHBAY_HTTP_PORT": "0", "PATCHBAY_AUTH_SECRET": secret])
        let inbound = MemoryInbound()
        let (ports, listening) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let runner = ServiceRunner(service: .context, settings: settings, logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await runner.run(onListening: { listening.yield($0) }) { setup in
                    CustomerRoutes(store: timeline.store, sink: inbound.sink).add(to: setup)
                }
            }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            let context = TestContext(
                port: port, http: CurlClient(addresses: .all), timeline: timeline, inbound: inbound,
                tokens: await Tokens(secret: Secret(secret)))
            let result: Result<Void, any Error>
            do {
                try await body(context)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await context.http.close()
            group.cancelAll()
            try? await group.waitForAll()
            try result.get()
        }
        try timeline.remove()
    }

    /// Sends a request as somebody of this role; a body says that it is JSON.
    func send(
        _ method: String, _ path: String, as role: Role? = .supervisor, body: String? = nil,
        type: String = "application/json", expires: Duration = .seconds(600)
    ) async throws -> CurlResponse {
        var request = CurlRequest(method: method, url: "http://127.0.0.1:\(port)\(path)")
        request.body = body.map { Array($0.utf8) }
        if body != nil { request.headers.append(CurlHeader("Content-Type", type)) }
        if let role {
            let token = try await tokens.mint(subject: "sue", roles: [role], expires: expires)
            request.headers.append(CurlHeader("Authorization", "Bearer \(token)"))
        }
        return try await http.send(request)
    }
}

/// Takes what the routes write, or refuses it as an absent Kafka does.
final class MemoryInbound: Sendable {
    struct Written: Sendable {
        var key: String
        var record: InboundRecord
        var headers: [String: String]
    }

    private let state = Mutex((written: [Written](), isAway: false))

    var written: [Written] { state.withLock { $0.written } }

    var isAway: Bool {
        get { state.withLock { $0.isAway } }
        set { state.withLock { $0.isAway = newValue } }
    }

    var sink: InboundSink {
        InboundSink(topicPrefix: "test", now: { Samples.start }, produce: take)
    }

    private func take(
        _ topic: String, _ key: [UInt8], _ value: [UInt8], _ headers: [Header]
    ) throws(KafkaError) -> (partition: Int32, offset: Int64) {
        guard !isAway, topic == "test.inbound", let record = try? InboundRecord(wire: value) else {
            throw KafkaError(.messageTimedOut, context: "test")
        }
        let pairs = headers.map { ($0.name, String(decoding: $0.value, as: UTF8.self)) }
        let written = Written(
            key: String(decoding: key, as: UTF8.self), record: record, headers: Dictionary(pairs) { _, last in last })
        return state.withLock { state in
            state.written.append(written)
            return (partition: 0, offset: Int64(state.written.count - 1))
        }
    }
}

extension CurlResponse {
    var json: JSONValue? { try? JSONValue(parsing: body) }

    /// The problem's code; nil for what is no problem document.
    var code: String? {
        guard header("content-type") == "application/problem+json" else { return nil }
        return json?["code"]?.string
    }

    /// The fields that a problem names.
    var fields: [String] { (json?["errors"]?.array ?? []).compactMap { $0["field"]?.string } }
}
