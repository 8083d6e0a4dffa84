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

    func tokens() async throws -> String {
        var rows = ["tokens, valid for a day:"]
        for subject in Self.subjects {
            let token = try await plan.secrets.token(subject: subject.name, roles: subject.roles)
            rows.append("export \(subject.variable)=\(token)")
        }
        return rows.joined(separator: "\n")
    }

    /// `NAME=value` lines with addresses, tokens and secrets; readable by its owner only.
    func write(to path: String) async throws {
        var pairs = plan.secrets.environment
        for service in Stack.Service.allCases {
            let name = service.rawValue.uppercased().replacing("-", with: "_")
            pairs["\(name)_URL"] = plan.url(of: service)
        }
        pairs["PATCHBAY_KAFKA_BOOTSTRAP_SERVERS"] = plan.bootstrapServers
        pairs["PATCHBAY_TOPIC_PREFIX"] = plan.topicPrefix
        for subject in Self.subjects {
            pairs[subject.variable] = try await plan.secrets.token(subject: subject.name, roles: subject.roles)
        }
        let text = pairs.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined()
        // Written beside and renamed, so that whoever waits for the file finds it whole.
        let part = path + ".part"
        guard
            FileManager.default.createFile(
                atPath: part, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]),
            rename(part, path) == 0
        else { throw StackError("\(path) cannot be written") }
    }

    private static let subjects: [(variable: String, name: String, roles: Set<Role>)] = [
        ("CONNECTOR_TOKEN", "demo", [.connector]), ("AGENT_TOKEN", "amelie", [.agent]),
        ("SUPERVISOR_TOKEN", "demo", [.supervisor]), ("ADMIN_TOKEN", "demo", [.admin]),
    ]
}
