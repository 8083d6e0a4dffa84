/// librdkafka's properties as environment variables: `PATCHBAY_KAFKA_SASL_MECHANISM` is `sasl.mechanism`.
///
/// One underscore stands for a dot, two for an underscore. What only the code may decide, because promises rest on
/// it, is refused. A property that librdkafka does not know stops the start when the first client is made.
enum KafkaProperties {
    static let prefix = "PATCHBAY_KAFKA_"
    static let bootstrapServers = "bootstrap.servers"
    static let clientID = "client.id"
    /// Not librdkafka's: what `Kafka.BrokerKind` reads.
    static let broker = "patchbay.broker"

    /// Properties that hold secrets: never shown, and may come from the file that `…_FILE` names.
    static let secret: Set<String> = [
        "sasl.password", "sasl.oauthbearer.client.secret", "ssl.key.password", "ssl.key.pem", "ssl.keystore.password",
    ]

    /// Set by Patchbay itself: exactly-once effects rest on them.
    static let reserved: Set<String> = [
        "acks", "auto.offset.reset", "enable.auto.commit", "enable.auto.offset.store", "enable.gapless.guarantee",
        "enable.idempotence", "group.id", "isolation.level", broker, "partition.assignment.strategy", "partitioner",
        "request.required.acks", "transactional.id",
    ]

    static func property(ofKey key: String) -> String {
        var name = ""
        var rest = key.dropFirst(prefix.count)[...]
        while let character = rest.popFirst() {
            guard character == "_" else {
                name += character.lowercased()
                continue
            }
            if rest.first == "_" {
                rest.removeFirst()
                name += "_"
            } else {
                name += "."
            }
        }
        return name
    }

    /// Collects the properties that are set, adding what is wrong to `problems`.
    static func read(_ environment: [String: String], problems: inout [SettingsProblem]) -> [String: String] {
        var properties: [String: String] = [:]
        for (key, value) in environment.sorted(by: { $0.key < $1.key }) where key.hasPrefix(prefix) && !value.isEmpty {
            let fileOf = key.hasSuffix("_FILE") ? property(ofKey: String(key.dropLast(5))) : nil
            if let fileOf, secret.contains(fileOf) {
                do {
                    properties[fileOf] = try readSecretFile(value)
                } catch {
                    problems.append(SettingsProblem(key: key, value: value, expected: "a readable file of a secret"))
                }
                continue
            }
            let name = property(ofKey: key)
            if reserved.contains(name) {
                let expected = "nothing: Patchbay decides \(name) itself"
                problems.append(SettingsProblem(key: key, value: value, expected: expected))
            } else {
                properties[name] = value
            }
        }
        return properties
    }
}
