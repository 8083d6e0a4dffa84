import Domain
import Schema
import TestSupport

// Values of topics.

extension FuzzTarget {
    static let wire: [FuzzTarget] =
        [
            wire(InboundRecord.self), wire(WorkCommand.self), wire(WorkEvent.self), wire(ClockSignal.self),
            wire(OutboundMessage.self), wire(DeliveryEvent.self), wire(SLAEvent.self), wire(IdentityEntry.self),
            wire(CustomerProfile.self), wire(ConfigurationEntry.self),
        ] + [
            FuzzTarget(
                name: "wire-configuration-bundle",
                corpus: ConfigurationEntry.bundle(Sample.configuration.map { $0.encoded() }, bytesMax: 600), share: 0.3
            ) { bytes in
                _ = try? Configuration(revision: 1, parts: [bytes])
                _ = ConfigurationEntry.parts(of: [bytes], bytesMax: 1_000) { _ in }
            },
            FuzzTarget(
                name: "tail",
                corpus: Sample.all.map(\.bytes) + texts(#"{"nextOffset":5}"#, "12"), share: 0.3
            ) { bytes in
                for topic in Topic.allCases {
                    for key in ["", "customer/c", "work-item/w", "revision", "conversation/c"] {
                        _ = try? WireJSON.string(topic, key: Array(key.utf8), value: bytes)
                    }
                    try? topic.check(value: bytes, type: "")
                }
            },
        ]

    private static func wire<Value: WireRecord & Hashable>(_ type: Value.Type) -> FuzzTarget {
        let samples = Sample.all.filter { $0.topic == Value.topic }
        return FuzzTarget(
            name: "wire-\(Value.topic.rawValue)", corpus: samples.map(\.bytes), share: 1.5
        ) { bytes in
            for kind in ["", samples.first?.record.type ?? "", bytes.text] { _ = try? Value(wire: bytes, type: kind) }
            guard let value = try? Value(wire: bytes) else { return }
            guard (try? Value(wire: value.encoded())) == value else {
                throw Finding("what was read as \(value.type) encodes to something else")
            }
            guard (try? Value(wire: bytes, type: value.type)) == value else { throw Finding("its own type is refused") }
        }
    }
}
