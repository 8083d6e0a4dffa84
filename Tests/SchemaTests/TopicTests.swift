import Domain
import Schema
import Testing

@Suite("The topic catalogue")
struct TopicTests {
    @Test("Names carry the prefix, and are found again by it", arguments: Topic.allCases)
    func names(topic: Topic) {
        let name = topic.name(prefix: "acme.support")
        #expect(name == "acme.support.\(topic.rawValue)")
        #expect(Topic(name: name, prefix: "acme.support") == topic)
        #expect(Topic(name: name, prefix: "acme") == nil)
        #expect(Topic(name: topic.rawValue, prefix: "") == nil)
    }

    @Test(
        "Cleanup, retention and time are as designed",
        arguments: [
            (Topic.inbound, "delete", "-1"), (.work, "delete", "604800000"), (.workEvents, "delete", "-1"),
            (.clocks, "delete", "2592000000"), (.outbound, "delete", "-1"), (.delivery, "delete", "2592000000"),
            (.slaEvents, "delete", "2592000000"), (.identity, "compact", "-1"), (.profiles, "compact", "-1"),
            (.config, "compact", "-1"), (.deadLetter, "delete", "2592000000"), (.connectorState, "compact", "-1"),
            (.contextState, "compact", "-1"), (.routerState, "compact", "-1"), (.slaTimerState, "compact", "-1"),
        ])
    func settings(topic: Topic, cleanup: String, retention: String) {
        let settings = topic.settings()
        #expect(settings.partitions == (topic == .config ? 1 : 4))
        #expect(topic.settings(partitions: 12).partitions == (topic == .config ? 1 : 12))
        let properties = settings.properties.map { "\($0.name)=\($0.value)" }
        #expect(
            properties == [
                "cleanup.policy=\(cleanup)", "max.message.bytes=\(topic == .deadLetter ? 2_097_176 : 1_048_588)",
                "message.timestamp.type=\(cleanup == "delete" ? "LogAppendTime" : "CreateTime")",
                "retention.ms=\(retention)",
            ])
    }

    @Test("Every state topic is the checkpoint of a log with log time")
    func stateTopics() {
        let states = Topic.allCases.filter { $0.rawValue.hasSuffix("-state") }
        #expect(states.compactMap(\.log) == [.outbound, .inbound, .work, .clocks])
        for topic in Topic.allCases {
            #expect((topic.log != nil) == states.contains(topic))
            #expect(topic.log?.settings().timestamps ?? .logAppendTime == .logAppendTime)
        }
    }

    @Test("The documentation names every topic and every kind of record")
    func isDocumented() throws {
        let text = try RepositoryFile.text("docs/events.md")
        for topic in Topic.allCases {
            #expect(text.contains("`patchbay.\(topic.rawValue)`"), "\(topic)")
        }
        for type in Set(Sample.all.map(\.record.type)).sorted() {
            #expect(text.contains("`\(type)`"), "\(type)")
        }
    }
}
