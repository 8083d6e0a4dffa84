import Domain
import OrderedCollections
import Schema
import Testing

@Suite("The bytes of a record stay what they are")
struct GoldenBytesTests {
    /// One record of each topic, with the bytes that `protoc --encode` gives for it.
    ///
    /// A change here is a change of the format: records in the topics would be read as something else. Add fields
    /// instead; see docs/events.md, "Evolution".
    static let golden: [(Sample, String)] = [
        (
            Sample(Sample.inbound[0]),
            """
            0a82020a096d6573736167652d31122463306666656530302d303030302d353030302d383030302d3030303030303030
            303030311a20080512086d6173746f646f6e1a120803120e6d6173746f646f6e2f6cc3a96e6122234fc3b92065737420
            6d6120636f6d6d616e6465203f20f09f93a60a224d6572636922002a00320266723a054cc3a96e614203702d314a3808
            01122463306666656530302d303030302d353030302d383030302d3030303030303030303030311a0e636f6e76657273
            6174696f6e2d314a0f0802220b0804120773686f702f313750fbe0ace2aa335a2463306666656530302d303030302d35
            3030302d383030302d303030303030303030303032
            """
        ),
        (
            Sample(Sample.work[0]),
            """
            0ab9010a066974656d2d31120e636f6e766572736174696f6e2d311a2463306666656530302d303030302d353030302d
            383030302d30303030303030303030303122096d6573736167652d312a066575726f706532066f72646572733a200805
            12086d6173746f646f6e1a120803120e6d6173746f646f6e2f6cc3a96e6140054a02667252054cc3a96e615a03616e61
            62234fc3b920657374206d6120636f6d6d616e6465203f20f09f93a60a224d65726369220068fbe0ace2aa33
            """
        ),
        (
            Sample(Sample.workEvents[4]),
            """
            08fbe0ace2aa3312066575726f70651a460a066974656d2d31120e636f6e766572736174696f6e2d311a246330666665
            6530302d303030302d353030302d383030302d30303030303030303030303122066f72646572736a240a076f66666572
            2d311203616e611880bd88e4aa33220d6672656e63682038206f662037
            """
        ),
        (
            Sample(Sample.clocks[0]),
            """
            0a066974656d2d3110fbe0ace2aa33527c0a0e636f6e766572736174696f6e2d31122463306666656530302d30303030
            2d353030302d383030302d3030303030303030303030311a066575726f706522066f72646572732a087374616e646172
            6430053a20080512086d6173746f646f6e1a120803120e6d6173746f646f6e2f6cc3a96e614202667248005001
            """
        ),
        (
            Sample(Sample.outbound[0]),
            """
            0a9f010a096d6573736167652d32120e636f6e766572736174696f6e2d311a2463306666656530302d303030302d3530
            30302d383030302d30303030303030303030303122066974656d2d312a050a03616e6142210803120b737570706f7274
            2d736d731a100801120c2b33333631323334353637384a234fc3b920657374206d6120636f6d6d616e6465203f20f09f
            93a60a224d65726369220050fbe0ace2aa33
            """
        ),
        (
            Sample(Sample.delivery[0]),
            """
            0a096d6573736167652d32120e636f6e766572736174696f6e2d3118fbe0ace2aa3352070a03534d311002
            """
        ),
        (
            Sample(Sample.slaEvents[0]),
            """
            0a066974656d2d3110fbe0ace2aa33520908011080bd88e4aa33
            """
        ),
        (
            Sample(Sample.identity[0]),
            """
            0a410a100801120c2b3333363132333435363738122463306666656530302d303030302d353030302d383030302d3030
            30303030303030303031180120fbe0ace2aa33
            """
        ),
        (
            Sample(Sample.profiles[0]),
            """
            0a700a2463306666656530302d303030302d353030302d383030302d30303030303030303030303112054cc3a96e611a
            02667222100801120c2b33333631323334353637382214080212106c656e61406578616d706c652e6f72672a0c0a0474
            6965721204676f6c642a070a0573696e6365
            """
        ),
        (
            Sample(Self.queue),
            """
            2a5d0a066f726465727312064f72646572731a066575726f7065220770617469656e742a087374616e6461726430063a
            0a0a066f7264657273100242100a026672120a0a066672656e6368100742100a026465120a0a066765726d616e1005
            """
        ),
    ]

    @Test("Encoding gives the recorded bytes", arguments: golden)
    func areTheSame(sample: Sample, hex: String) {
        #expect(hexadecimal(sample.bytes) == hex.filter { $0 != "\n" }, "\(sample)")
    }

    @Test("There are recorded bytes for every topic that carries records")
    func everyTopic() {
        #expect(Set(Self.golden.map(\.0.topic)) == Set(Sample.all.map(\.topic)))
    }

    private static let queue = ConfigurationEntry.queue(
        Queue(
            id: "orders", name: "Orders", poolID: "europe", routingPolicyID: "patient", slaPolicyID: "standard",
            priority: 6, requirements: [Requirement(skill: "orders", level: 2)],
            languages: ["fr": Sample.french, "de": Requirement(skill: "german", level: 5)]))

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
