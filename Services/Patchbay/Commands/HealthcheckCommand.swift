import ArgumentParser
import Curl

struct HealthcheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Asks a URL, and succeeds if it answers 200: for containers, which have no curl.")

    @Argument(help: "Such as http://127.0.0.1:8081/readyz.") var url: String
    @Option(help: "Seconds to wait.") var timeout: Int = 5

    func run() async throws {
        let curl = CurlClient(addresses: .all)
        var request = CurlRequest(url: url)
        request.timeout = .seconds(timeout)
        let response = try await curl.send(request)
        await curl.close()
        guard response.status == 200 else {
            print("\(response.status) \(response.text.prefix(500))")
            throw ExitCode.failure
        }
    }
}
