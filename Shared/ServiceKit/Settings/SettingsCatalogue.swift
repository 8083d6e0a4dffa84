package import Logging

/// Which broker the services talk to.
package enum Broker: String, CaseIterable, Sendable {
    case kafka, local
}

/// What every service can be told.
package enum CommonSettings {
    package static let httpHost = Setting<String>.text(
        "PATCHBAY_HTTP_HOST", default: "127.0.0.1", help: "Address to listen on; 0.0.0.0 for all.")
    package static let httpConnectionsMax = Setting<Int>.integer(
        "PATCHBAY_HTTP_CONNECTIONS_MAX", default: 16_384, in: 1...100_000, unit: "connections",
        help: "Open HTTP connections, beyond which only probes are answered and others hear 503.")
    package static let bootstrapServers = Setting<String>.text(
        "PATCHBAY_KAFKA_BOOTSTRAP_SERVERS", default: "127.0.0.1:9092", bytesMax: 4_096,
        help: "Kafka brokers, host:port separated by commas.")
    package static let broker = Setting<Broker>.choice(
        "PATCHBAY_BROKER", default: .kafka,
        help: "local: pause between requests, as the local broker of development needs it; no other does.")
    package static let topicPrefix = Setting<String>.name(
        "PATCHBAY_TOPIC_PREFIX", default: "patchbay",
        help: "What the names of topics, groups and transactions start with.")
    package static let instance = Setting<String?>.optionalText(
        "PATCHBAY_INSTANCE", bytesMax: 128,
        help: "Name of this process in logs and, as client.id, towards Kafka.")
    package static let logLevel = Setting<Logger.Level>.choice(
        "PATCHBAY_LOG_LEVEL", default: .info, help: "Least level that is logged.")
    package static let logFormat = Setting<LogFormat>.choice(
        "PATCHBAY_LOG_FORMAT", default: .auto,
        help: "json: one object a line; text: readable; auto: text on a terminal.")
    package static let docsDirectory = Setting<String>.text(
        "PATCHBAY_DOCS_DIR", default: "docs/api", help: "Directory of the OpenAPI files that /openapi.yaml serves.")
    package static let secretsDirectory = Setting<String?>.optionalText(
        "PATCHBAY_SECRETS_DIR", form: "a directory",
        help: "Directory of files, each a secret that the configuration names.")
    package static let shutdownDelay = Setting<Duration>.milliseconds(
        "PATCHBAY_SHUTDOWN_DELAY", default: 0, in: 0...3_000,
        help: "Time between /readyz turning 503 and the end of intake, for load balancers to notice.")
    package static let checkpointInterval = Setting<Duration>.milliseconds(
        "PATCHBAY_CHECKPOINT_INTERVAL", default: 1_000, in: 10...60_000, help: "Time between checkpoints.")
    package static let checkpointRecords = Setting<Int>.integer(
        "PATCHBAY_CHECKPOINT_RECORDS", default: 10_000, in: 1...1_000_000, unit: "records",
        help: "Records after which a checkpoint is taken before its time.")
    package static let following = Setting<Bool>.flag(
        "PATCHBAY_FOLLOWING", default: true,
        help: "Holds the partitions that other instances lead in memory too, to take them over at once.")

    /// Each service has a port of its own by default; 0 lets the system choose, and the log says which.
    package static func httpPort(default port: Int) -> Setting<Int> {
        .integer(
            "PATCHBAY_HTTP_PORT", default: port, in: 0...65_535,
            help: "Port to listen on; 0 for any free one.")
    }

    /// The port, whatever its default.
    package static let httpPort = httpPort(default: 0)
}

/// Who may do what.
package enum AuthSettings {
    package static let secret = Setting<Secret?>.secret(
        "PATCHBAY_AUTH_SECRET", bytesMin: 32, help: "Secret that signs bearer tokens (HS256).")
    package static let keySetFile = Setting<String?>.optionalText(
        "PATCHBAY_AUTH_JWKS_FILE", form: "a file", help: "JSON Web Key Set whose keys sign bearer tokens.")
    package static let isDisabled = Setting<Bool>.flag(
        "PATCHBAY_AUTH_DISABLED", default: false, help: "Lets everybody do everything: for development only.")

    /// Without any of the three nobody could be let in, and with nothing chosen nobody must be.
    static func problems(in values: [String: any Sendable]) -> [SettingsProblem] {
        guard let isDisabled = values[Self.isDisabled.key] as? Bool, values[secret.key] != nil else { return [] }
        let hasSecret = (values[secret.key] as? Secret) != nil
        let hasKeySet = (values[keySetFile.key] as? String) != nil
        guard !isDisabled, !hasSecret, !hasKeySet else { return [] }
        let expected = "\(secret.form), or \(keySetFile.key), or for development \(Self.isDisabled.key)=true"
        return [SettingsProblem(key: secret.key, value: nil, expected: expected)]
    }
}

/// What only the connector reads.
package enum ConnectorSettings {
    package static let publicURL = Setting<String?>.optionalURL(
        "PATCHBAY_PUBLIC_URL", help: "Address under which customers and providers reach the connector.")
    package static let linkSecret = Setting<Secret?>.secret(
        "PATCHBAY_LINK_SECRET", bytesMin: 32,
        help: "Secret that signs the continue-links sent to customers, and Twilio's receipts.")
    package static let allowsPrivateAddresses = Setting<Bool>.flag(
        "PATCHBAY_ALLOW_PRIVATE_ADDRESSES", default: false,
        help: "Lets deliveries go to loopback and private addresses: for development and closed networks.")
    package static let intakeMax = Setting<Int>.integer(
        "PATCHBAY_INTAKE_MAX", default: 1_000, in: 2...100_000, unit: "messages",
        help: "Messages on their way into Kafka at which senders are told to come again.")
}

/// What only the router reads.
package enum RouterSettings {
    package static let rateLimit = Setting<Int>.integer(
        "PATCHBAY_RATE_LIMIT", default: 6_000, in: 0...1_000_000, unit: "requests",
        help: "Requests that one bearer may make in a window, beyond which they hear 429; 0 for no limit.")
    package static let rateWindow = Setting<Int>.integer(
        "PATCHBAY_RATE_WINDOW", default: 60, in: 1...3_600, unit: "s", help: "Length of that window.")
}

/// What only the context service reads.
package enum ContextSettings {
    package static let dataDirectory = Setting<String>.text(
        "PATCHBAY_DATA_DIR", default: "data",
        help: "Directory of the timeline database, which can be rebuilt from the topics.")
}

/// Every setting there is, in one list: an environment file may serve all services, and a key that no service knows
/// is a mistake.
package enum SettingsCatalogue {
    static let common: [any SettingDeclaration] = [
        CommonSettings.httpHost, CommonSettings.httpConnectionsMax, CommonSettings.bootstrapServers,
        CommonSettings.broker, CommonSettings.topicPrefix, CommonSettings.instance, CommonSettings.logLevel,
        CommonSettings.logFormat,
        AuthSettings.secret, AuthSettings.keySetFile, AuthSettings.isDisabled, CommonSettings.secretsDirectory,
        CommonSettings.checkpointInterval, CommonSettings.checkpointRecords, CommonSettings.following,
        CommonSettings.docsDirectory, CommonSettings.shutdownDelay,
    ]

    /// Read by the tools around the services, from the environment that the services inherit: where the local broker's
    /// program is.
    static let toolKeys = ["PATCHBAY_NOIDA"]

    /// The keys of all services and tools, and the `_FILE` variants of secrets.
    package static let keys: [String] =
        toolKeys
        + ServiceDescription.all.flatMap(\.settings).flatMap { setting in
            setting.isSecret ? [setting.key, setting.key + "_FILE"] : [setting.key]
        }

    /// The rows of `docs/configuration.md`, one a setting.
    package static var markdownRows: [String] {
        var rows: [String] = []
        var seen: Set<String> = []
        for setting in ServiceDescription.all.flatMap(\.settings) where seen.insert(setting.key).inserted {
            let users = ServiceDescription.all.filter { $0.settings.contains { $0.key == setting.key } }
            let defaults = users.compactMap { user in user.settings.first { $0.key == setting.key }?.defaultText }
            let shown =
                Set(defaults).count > 1
                ? zip(users, defaults).map { "\($0.name) \($1)" }.joined(separator: ", ") : defaults.first ?? ""
            let who = users.count == ServiceDescription.all.count ? "all" : users.map(\.name).joined(separator: ", ")
            let key = setting.isSecret ? "`\(setting.key)` or `\(setting.key)_FILE`" : "`\(setting.key)`"
            let unit = setting.unit ?? ""
            rows.append("| \(key) | \(who) | \(shown) | \(unit) | \(setting.form) | \(setting.help) |")
        }
        return rows
    }
}
