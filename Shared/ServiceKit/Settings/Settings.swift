internal import Configuration

/// The settings of one start, all checked.
package struct Settings: Sendable {
    private let values: [String: any Sendable]
    /// The librdkafka properties that the operator gave, `bootstrap.servers` among them.
    package let kafka: [String: String]
    /// The secrets that configuration records name.
    package let secrets: Secrets

    /// Reads and checks everything before anything is started.
    ///
    /// - Parameter declared: what this service reads.
    /// - Parameter known: keys of its siblings, so that one environment file can serve all of them.
    /// - Throws: `SettingsError` with every wrong or unknown setting.
    package init(
        _ declared: [any SettingDeclaration], known: [String] = SettingsCatalogue.keys,
        environment: [String: String]
    ) throws(SettingsError) {
        let environment = environment.filter { $0.key.hasPrefix(settingPrefix) && !$0.value.isEmpty }
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
        var problems: [SettingsProblem] = []
        var values: [String: any Sendable] = [:]
        for setting in declared {
            do throws(SettingsProblem) {
                values[setting.key] = try setting.read(try Settings.text(of: setting, in: reader))
            } catch {
                problems.append(error)
            }
        }
        problems += Settings.unknownKeys(in: environment, declared: declared, known: known)
        var kafka = KafkaProperties.read(environment, problems: &problems)
        kafka[KafkaProperties.bootstrapServers] = values[CommonSettings.bootstrapServers.key] as? String
        if let broker = values[CommonSettings.broker.key] as? Broker, broker != .kafka {
            kafka[KafkaProperties.broker] = broker.rawValue
        }
        // Brokers, and those who look at their groups, know the process by the name that its logs have.
        if let instance = values[CommonSettings.instance.key] as? String, kafka[KafkaProperties.clientID] == nil {
            kafka[KafkaProperties.clientID] = instance
        }
        problems += AuthSettings.problems(in: values)
        guard problems.isEmpty else { throw SettingsError(problems: problems) }
        self.values = values
        self.kafka = kafka
        self.secrets = Secrets(
            environment: environment, directory: values[CommonSettings.secretsDirectory.key] as? String)
    }

    /// The value of a setting that this service declared.
    package subscript<Value>(_ setting: Setting<Value>) -> Value {
        guard let value = values[setting.key] as? Value else {
            preconditionFailure("\(setting.key) is read but not declared for this service")
        }
        return value
    }

    /// What the environment says, directly or, for secrets, through the file that `<key>_FILE` names.
    private static func text(
        of setting: any SettingDeclaration, in reader: ConfigReader
    ) throws(SettingsProblem) -> String? {
        let direct = reader.string(forKey: configKey(setting.key), isSecret: setting.isSecret)
        guard setting.isSecret, let path = reader.string(forKey: configKey(setting.key + "_FILE")) else {
            return direct
        }
        guard direct == nil else {
            throw SettingsProblem(
                key: setting.key + "_FILE", value: path, expected: "nothing while \(setting.key) is set")
        }
        do {
            return try readSecretFile(path)
        } catch {
            throw SettingsProblem(
                key: setting.key + "_FILE", value: path, expected: "a readable file that holds \(setting.form)")
        }
    }

    /// `PATCHBAY_HTTP_PORT` is read under the components `patchbay`, `http`, `port`.
    private static func configKey(_ key: String) -> ConfigKey {
        ConfigKey(key.lowercased().split(separator: "_").map(String.init))
    }

    private static func unknownKeys(
        in environment: [String: String], declared: [any SettingDeclaration], known: [String]
    ) -> [SettingsProblem] {
        let secretFiles = declared.filter(\.isSecret).map { $0.key + "_FILE" }
        let keys = Set(declared.map(\.key) + secretFiles + known)
        return environment.keys.sorted().filter { key in
            !keys.contains(key) && !key.hasPrefix(Secrets.prefix) && !key.hasPrefix(KafkaProperties.prefix)
        }.map { key in
            let nearest = keys.sorted().min { editDistance($0, key) < editDistance($1, key) }
            let hint = nearest.flatMap { editDistance($0, key) <= 4 ? "no such setting; did you mean \($0)?" : nil }
            return SettingsProblem(key: key, value: hiddenValue, expected: hint ?? "no such setting (see --help)")
        }
    }
}

/// How many characters to insert, remove or replace to make one text of the other.
///
/// - Source: Wagner and Fischer, 1974.
package func editDistance(_ left: String, _ right: String) -> Int {
    let right = Array(right.utf8)
    var row = Array(0...right.count)
    for (line, byte) in left.utf8.enumerated() {
        var diagonal = row[0]
        row[0] = line + 1
        for column in right.indices {
            let replaced = diagonal + (byte == right[column] ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
        }
    }
    return row[right.count]
}
