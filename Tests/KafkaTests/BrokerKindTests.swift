import Kafka
import TestSupport
import Testing

@Suite("Which broker it is", .timeLimit(.minutes(2)))
struct BrokerKindTests {
    /// How often an idle reader asks a broker that answers at once, while another one, of the other kind, asks `count` times.
    private func fetches(of kind: BrokerKind, whileOther other: BrokerKind, asks count: Int) async throws -> Int {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        let proxies = try [kind, other].map { _ in try KafkaProxy(before: broker, holdsFetches: false) }
        defer { for proxy in proxies { proxy.close() } }
        let consumers = try zip(proxies, [kind, other]).map { proxy, kind in
            try DataConsumer(
                properties: proxy.properties.merging([BrokerKind.property: kind.rawValue]) { $1 }, topic: topic,
                partition: 0, from: .beginning)
        }
        try await eventually("the other has asked \(count) times", within: .seconds(60)) { proxies[1].fetches >= count }
        let found = proxies[0].fetches
        try await onThread { for consumer in consumers { consumer.close() } }
        return found
    }

    @Test("Only a client that is told that it talks to the local broker pauses between fetches")
    func pauses() async throws {
        // 60 pauses of up to 10 ms each; without them hundreds of questions take as long.
        let unpaced = try await fetches(of: .kafka, whileOther: .local, asks: 60)
        #expect(unpaced > 3 * 60, "\(unpaced)")
    }

    @Test("Kafka is what is not named; another word is refused with those that are known")
    func names() {
        let properties = ["bootstrap.servers": "localhost:1", BrokerKind.property: "pulsar"]
        let error = #expect(throws: KafkaError.self) {
            try DataConsumer(properties: properties, topic: "t", partition: 0, from: .end)
        }
        #expect(error?.description.contains("patchbay.broker = \"pulsar\"") == true)
        #expect(error?.reason == "expected kafka or local")
    }
}
