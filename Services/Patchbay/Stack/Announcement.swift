import Foundation
import ServiceKit

/// What whoever started the stack needs to go on by hand.
struct Announcement: Sendable {
    var plan: Stack.Plan

    var addresses: String {
        Stack.Service.allCases.map { service in
            service.rawValue.padding(toLength: 11, withPad: " ", startingAt: 0) + plan.url(of: service)
        }.joined(separator: "\n")
    }

    /// Lines for another terminal: addresses, and tokens that are valid for a day.
    func exports() async throws -> String {
        try await variables().map { "export \($0.name)=\($0.value)" }.joined(separator: "\n")
    }

    /// `NAME=value` lines with addresses, tokens and secrets; readable by its owner only.
    func write(to path: String) async throws {
        let secrets = plan.secrets.environment.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        let text = (try await variables() + secrets).map { "\($0.name)=\($0.value)\n" }.joined()
        // Written beside and renamed, so that whoever waits for the file finds it whole.
        let part = path + ".part"
        guard
            FileManager.default.createFile(
                atPath: part, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]),
            rename(part, path) == 0
        else { throw StackError("\(path) cannot be written") }
    }

    private func variables() async throws -> [(name: String, value: String)] {
        var variables = Stack.Service.allCases.map { service in
            (name: service.rawValue.uppercased().replacing("-", with: "_") + "_URL", value: plan.url(of: service))
        }
        variables.append(("PATCHBAY_KAFKA_BOOTSTRAP_SERVERS", plan.bootstrapServers))
        variables.append(("PATCHBAY_TOPIC_PREFIX", plan.topicPrefix))
        for subject in Self.subjects {
            let token = try await plan.secrets.token(subject: subject.name, roles: subject.roles)
            variables.append((subject.variable, token))
        }
        return variables
    }

    private static let subjects: [(variable: String, name: String, roles: Set<Role>)] = [
        ("CONNECTOR_TOKEN", "demo", [.connector]), ("AGENT_TOKEN", "amelie", [.agent]),
        ("SUPERVISOR_TOKEN", "demo", [.supervisor]), ("ADMIN_TOKEN", "demo", [.admin]),
    ]
}
