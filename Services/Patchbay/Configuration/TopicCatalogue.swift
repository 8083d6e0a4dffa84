import Domain
import Kafka
import Schema
import Streams

/// The topics that Patchbay needs, held against those that a broker has.
struct TopicCatalogue: Sendable {
    var connection: KafkaConnection
    var partitions: Int32 = TopicSettings.defaultPartitions
    var replicationFactor: Int32 = -1

    enum Difference: Hashable, Sendable, CustomStringConvertible {
        case missing(Topic, name: String)
        case partitions(name: String, found: Int, expected: Int)
        case setting(name: String, key: String, found: String, expected: String)

        var description: String {
            switch self {
            case .missing(_, let name): "\(name): missing"
            case .partitions(let name, let found, let expected):
                "\(name): has \(found) partitions, expected \(expected)"
            case .setting(let name, let key, let found, let expected):
                "\(name): \(key) is \(found), expected \(expected)"
            }
        }
    }

    /// What the broker lacks, or has otherwise.
    func differences() throws -> [Difference] {
        try connection.withAdmin { admin in
            let existing = try admin.topics(timeout: connection.timeout)
            return try Topic.allCases.flatMap { topic -> [Difference] in
                let name = connection.name(topic)
                guard let found = existing[name] else { return [.missing(topic, name: name)] }
                let settings = topic.settings(partitions: partitions)
                var differences: [Difference] = []
                if found != Int(settings.partitions) {
                    differences.append(.partitions(name: name, found: found, expected: Int(settings.partitions)))
                }
                let config = try admin.configs(ofTopic: name, timeout: connection.timeout)
                for (key, expected) in settings.properties {
                    // A broker that does not tell a setting is not called wrong for it.
                    guard let found = config[key], found != expected else { continue }
                    differences.append(.setting(name: name, key: key, found: found, expected: expected))
                }
                return differences
            }
        }
    }

    /// Creates what is missing; a topic that somebody else creates meanwhile is fine. A new log begins at the newest version
    /// of the rules: there is no instance of an older program yet.
    /// - Returns: the names of the topics created.
    /// - Throws: `StackError` when a log is missing whose checkpoints are there.
    func create(_ differences: [Difference]) throws -> [String] {
        let missing = differences.compactMap { difference -> Topic? in
            if case .missing(let topic, _) = difference { topic } else { nil }
        }
        guard !missing.isEmpty else { return [] }
        try checkStates(ofMissing: missing)
        let topics = missing.map { topic in
            let settings = topic.settings(partitions: partitions)
            return Admin.NewTopic(
                name: connection.name(topic), partitions: settings.partitions, replicationFactor: replicationFactor,
                config: Dictionary(uniqueKeysWithValues: settings.properties.map { ($0.name, $0.value) }))
        }
        let results = try connection.withAdmin { try $0.createTopics(topics, timeout: connection.timeout) }
        for topic in topics {
            if let error = results[topic.name] ?? nil, error.code != .topicAlreadyExists { throw error }
        }
        for service in ServiceLog.allCases where missing.contains(service.log) {
            guard results[connection.name(service.log)] ?? nil == nil else { continue }
            try connection.append(
                .rules(version: service.newestRules), to: service,
                partitions: service.log.settings(partitions: partitions).partitions)
        }
        return topics.map(\.name)
    }

    /// A log made anew beside the checkpoints of the lost one is refused by its service; better not to make it.
    private func checkStates(ofMissing missing: [Topic]) throws {
        for service in ServiceLog.allCases where missing.contains(service.log) && !missing.contains(service.state) {
            let (log, state) = (connection.name(service.log), connection.name(service.state))
            let counts = try connection.withAdmin { try $0.topics(timeout: connection.timeout) }
            let checkpoints = try CheckpointReader.read(
                kafka: connection.properties, state: state, partitions: Int32(counts[state] ?? 0),
                timeout: connection.timeout)
            guard let next = checkpoints.values.map(\.nextOffset).max(), next > 0 else { continue }
            throw StackError(
                "\(log) is missing, and \(state) holds checkpoints up to offset \(next) of it: restore \(log), or delete "
                    + "\(state) too, which gives the work in progress of the \(service.rawValue) up")
        }
    }
}
