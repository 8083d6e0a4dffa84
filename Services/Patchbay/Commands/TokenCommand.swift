import ArgumentParser
import Foundation
import ServiceKit

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Signs a bearer token with PATCHBAY_AUTH_SECRET, for development and tests.")

    @Option(help: "Who the token speaks for: an agent's id, or any name.") var subject: String
    @Option(name: .customLong("role"), help: "connector, agent, supervisor or admin; may be given several times.")
    var roles: [Role]
    @Option(help: "How long it is valid, in seconds.") var expires: Int = 86_400

    func validate() throws {
        guard !roles.isEmpty else { throw ValidationError("name at least one --role") }
        guard !subject.isEmpty else { throw ValidationError("--subject is empty") }
        guard (-86_400...31_536_000).contains(expires) else {
            throw ValidationError("--expires is \(expires): expected seconds, at most 31536000")
        }
    }

    func run() async throws {
        let settings = try Settings([AuthSettings.secret], environment: ProcessInfo.processInfo.environment)
        guard let secret = settings[AuthSettings.secret] else {
            throw ValidationError("PATCHBAY_AUTH_SECRET is not set: it must be what the services have")
        }
        print(try await Tokens(secret: secret).mint(subject: subject, roles: Set(roles), expires: .seconds(expires)))
    }
}

extension Role: ExpressibleByArgument {}
