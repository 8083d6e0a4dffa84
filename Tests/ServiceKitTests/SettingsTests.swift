import Foundation
import Logging
import Testing

@testable import ServiceKit

@Suite("Settings are all checked before anything starts")
struct SettingsTests {
    private static let secret = "0123456789abcdef0123456789abcdef"

    private func settings(_ environment: [String: String]) throws -> Settings {
        try Settings(
            ServiceDescription.router.settings,
            environment: ["PATCHBAY_AUTH_SECRET": Self.secret].merging(environment) { _, given in given })
    }

    private func problems(_ environment: [String: String]) -> [SettingsProblem] {
        do {
            _ = try settings(environment)
            return []
        } catch let error as SettingsError {
            return error.problems
        } catch {
            return []
        }
    }

    @Test("What is not set has its default")
    func defaults() throws {
        let settings = try settings([:])
        #expect(settings[CommonSettings.httpPort] == 8_082)
        #expect(settings[CommonSettings.httpHost] == "127.0.0.1")
        #expect(settings[CommonSettings.checkpointInterval] == .seconds(1))
        #expect(settings[CommonSettings.logFormat] == .auto)
        #expect(settings[CommonSettings.instance] == nil)
        #expect(settings.kafka == ["bootstrap.servers": "127.0.0.1:9092"])
    }

    @Test("What is set is read in its type")
    func values() throws {
        let settings = try settings([
            "PATCHBAY_HTTP_PORT": "0", "PATCHBAY_CHECKPOINT_INTERVAL": "250", "PATCHBAY_LOG_LEVEL": "Warning",
            "PATCHBAY_AUTH_DISABLED": "yes", "PATCHBAY_TOPIC_PREFIX": "acme.support", "PATCHBAY_INSTANCE": "router-1",
        ])
        #expect(settings[CommonSettings.httpPort] == 0)
        #expect(settings[CommonSettings.checkpointInterval] == .milliseconds(250))
        #expect(settings[CommonSettings.logLevel] == .warning)
        #expect(settings[AuthSettings.isDisabled])
        #expect(settings[CommonSettings.topicPrefix] == "acme.support")
        #expect(settings[CommonSettings.instance] == "router-1")
        #expect(settings.kafka["client.id"] == "router-1")
        let named = ["PATCHBAY_INSTANCE": "router-1", "PATCHBAY_KAFKA_CLIENT_ID": "support"]
        #expect(try self.settings(named).kafka["client.id"] == "support")
    }

    @Test("An empty variable counts as not set")
    func empty() throws {
        #expect(try settings(["PATCHBAY_HTTP_PORT": "", "PATCHBAY_UNHEARD_OF": ""])[CommonSettings.httpPort] == 8_082)
    }

    @Test(
        "A wrong value is named with the form that is expected",
        arguments: [
            ("PATCHBAY_HTTP_PORT", "70000", "a whole number from 0 to 65535"),
            ("PATCHBAY_HTTP_PORT", "http", "a whole number from 0 to 65535"),
            ("PATCHBAY_LOG_FORMAT", "xml", "one of auto, json, text"),
            ("PATCHBAY_AUTH_DISABLED", "maybe", "true or false"),
            (
                "PATCHBAY_TOPIC_PREFIX", "Acme Support",
                "1 to 64 of the characters a-z 0-9 . _ -, a letter or digit first"
            ),
            ("PATCHBAY_CHECKPOINT_INTERVAL", "1s", "a whole number from 10 to 60000"),
        ])
    func wrong(key: String, value: String, expected: String) {
        #expect(problems([key: value]) == [SettingsProblem(key: key, value: value, expected: expected)])
    }

    @Test("All mistakes are reported at once")
    func together() {
        let keys = problems(["PATCHBAY_HTTP_PORT": "x", "PATCHBAY_LOG_LEVEL": "y", "PATCHBAY_HTTP_PROT": "1"]).map(
            \.key)
        #expect(keys == ["PATCHBAY_HTTP_PORT", "PATCHBAY_LOG_LEVEL", "PATCHBAY_HTTP_PROT"])
    }

    @Test("An unknown key is an error that names the nearest known one")
    func unknown() {
        let found = problems(["PATCHBAY_HTTP_PROT": "8081"])
        #expect(found.map(\.expected) == ["no such setting; did you mean PATCHBAY_HTTP_PORT?"])
        #expect(
            problems(["PATCHBAY_SOMETHING_ELSE_ALTOGETHER": "1"]).map(\.expected) == ["no such setting (see --help)"])
    }

    @Test("One environment file serves all services")
    func siblings() {
        let shared = [
            "PATCHBAY_LINK_SECRET": Self.secret, "PATCHBAY_DATA_DIR": "/tmp",
            "PATCHBAY_PUBLIC_URL": "https://a.example",
            "PATCHBAY_LINK_SECRET_FILE": "/run/secrets/link", "PATCHBAY_SECRET_ANYTHING": "x",
            "PATCHBAY_NOIDA": "/opt/noida-db", "HOME": "/root",
        ]
        #expect(problems(shared).isEmpty)
    }

    @Test("Without a secret, a key set or the word that authentication is off, nothing starts")
    func authentication() throws {
        let found = problems(["PATCHBAY_AUTH_SECRET": ""])
        #expect(found.map(\.key) == ["PATCHBAY_AUTH_SECRET"])
        #expect(found.first?.expected.contains("PATCHBAY_AUTH_DISABLED=true") == true)
        #expect(problems(["PATCHBAY_AUTH_SECRET": "", "PATCHBAY_AUTH_DISABLED": "true"]).isEmpty)
        #expect(problems(["PATCHBAY_AUTH_SECRET": "", "PATCHBAY_AUTH_JWKS_FILE": "/keys.json"]).isEmpty)
    }

    @Test("A secret is never shown, not even a wrong one")
    func hidden() throws {
        let found = problems(["PATCHBAY_AUTH_SECRET": "too short"])
        #expect(found.count == 1)
        #expect(!SettingsError(problems: found).description.contains("too short"))
        let secret = try #require(try settings([:])[AuthSettings.secret])
        #expect(!"\(secret) \(String(reflecting: secret))".contains(Self.secret))
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains(Self.secret))
    }

    @Test("A secret may come from a file, without the line end at its end")
    func secretFile() throws {
        let file = NSTemporaryDirectory() + "secret-\(UUID().uuidString)"
        try Data("\(Self.secret)\n".utf8).write(to: URL(fileURLWithPath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let settings = try settings(["PATCHBAY_AUTH_SECRET": "", "PATCHBAY_AUTH_SECRET_FILE": file])
        #expect(settings[AuthSettings.secret] == Secret(Self.secret))
        #expect(problems(["PATCHBAY_AUTH_SECRET_FILE": file]).map(\.key) == ["PATCHBAY_AUTH_SECRET_FILE"])
        let missing = problems(["PATCHBAY_AUTH_SECRET": "", "PATCHBAY_AUTH_SECRET_FILE": file + "x"])
        #expect(missing.map(\.key) == ["PATCHBAY_AUTH_SECRET_FILE"])
    }

    @Test(
        "librdkafka's properties pass through",
        arguments: [
            ("PATCHBAY_KAFKA_SECURITY_PROTOCOL", "security.protocol"),
            ("PATCHBAY_KAFKA_SASL_OAUTHBEARER_CLIENT_ID", "sasl.oauthbearer.client.id"),
            ("PATCHBAY_KAFKA_SOME__THING_MS", "some_thing.ms"),
        ])
    func kafka(key: String, property: String) throws {
        #expect(try settings([key: "value"]).kafka[property] == "value")
    }

    @Test("Properties on which promises rest cannot be set")
    func reserved() {
        #expect(
            problems(["PATCHBAY_KAFKA_ISOLATION_LEVEL": "read_uncommitted"]).map(\.key) == [
                "PATCHBAY_KAFKA_ISOLATION_LEVEL"
            ])
    }

    @Test("Named secrets come from the environment or a directory")
    func named() throws {
        let directory = NSTemporaryDirectory() + "secrets-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try Data("from a file\n".utf8).write(to: URL(fileURLWithPath: "\(directory)/acme-crm"))
        let secrets = try settings([
            "PATCHBAY_SECRET_ACME_WEBHOOK": "from the environment", "PATCHBAY_SECRETS_DIR": directory,
        ]).secrets
        #expect(secrets.secret(named: "acme-webhook") == Secret("from the environment"))
        #expect(secrets.secret(named: "acme-crm") == Secret("from a file"))
        #expect(secrets.secret(named: "unknown") == nil)
        #expect(secrets.secret(named: "../acme-crm") == nil)
    }

    @Test(
        "Public addresses are absolute URLs",
        arguments: [
            ("https://support.example.com/", "https://support.example.com"),
            ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
        ])
    func urls(text: String, url: String) throws {
        let settings = try Settings(
            ServiceDescription.connector.settings,
            environment: ["PATCHBAY_AUTH_SECRET": Self.secret, "PATCHBAY_PUBLIC_URL": text])
        #expect(settings[ConnectorSettings.publicURL] == url)
        for wrong in ["support.example.com", "https://", "https://a.example/?q=1", "ftp://a.example"] {
            #expect(throws: SettingsProblem.self) { try ConnectorSettings.publicURL.read(wrong) }
        }
    }

    @Test("Help names every setting with default and unit", arguments: ServiceDescription.all.map(\.name))
    func help(name: String) throws {
        let service = try #require(ServiceDescription.all.first { $0.name == name })
        let text = HelpText(service: service).text
        for setting in service.settings {
            #expect(text.contains(setting.key))
            #expect(text.contains(setting.help))
            if let shown = setting.defaultText { #expect(text.contains("default: \(shown)")) }
        }
        #expect(text.contains("default: 1000 ms"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }

    @Test("docs/configuration.md lists exactly the settings that the code declares")
    func document() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("docs/configuration.md"), encoding: .utf8)
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `PATCHBAY_") }.map(String.init)
        let expected = SettingsCatalogue.markdownRows
        #expect(rows == expected, "the table should be:\n\(expected.joined(separator: "\n"))")
    }
}
