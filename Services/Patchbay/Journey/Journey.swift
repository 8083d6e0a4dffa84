import Curl
import Domain
import Foundation
import ServiceKit

/// A customer's journey through a running stack, over HTTP and Kafka: each step is checked from the outside.
///
/// Names of customers and provider ids are new in each run, so it may be played again on a stack that was used.
struct Journey {
    /// Where the services are, and the secrets that they share with the outside.
    struct Settings: Sendable {
        var connector: String
        var router: String
        var context: String
        var slaTimer: String
        var secrets: DevelopmentSecrets

        init(plan: Stack.Plan) {
            connector = plan.url(of: .connector)
            router = plan.url(of: .router)
            context = plan.url(of: .context)
            slaTimer = plan.url(of: .slaTimer)
            secrets = plan.secrets
        }

        /// As `patchbay up --write-environment` wrote them.
        init(environment: [String: String]) throws {
            func url(_ name: String, _ service: Stack.Service) -> String {
                environment["\(name)_URL"] ?? "http://127.0.0.1:\(service.port)"
            }
            connector = url("CONNECTOR", .connector)
            router = url("ROUTER", .router)
            context = url("CONTEXT", .context)
            slaTimer = url("SLA_TIMER", .slaTimer)
            secrets = try DevelopmentSecrets(environment: environment)
        }
    }

    let api: JourneyAPI
    let connection: KafkaConnection
    let receiver: Receiver
    /// Address of the receiver.
    let receiverURL: String
    var steps: Steps
    /// Tells this run's people from those of other runs.
    let run: String
    /// What the journey has done so far, to be compared with what the services say at the end.
    var story = Story()

    /// Ids that the services gave, and what was said.
    struct Story {
        var customerID = ""
        var conversationID = ""
        var workItemID = ""
        var callWorkItemID = ""
        var linkToken = ""
        /// Texts of the conversation in their order, with who said them.
        var said: [(author: String, text: String)] = []
    }

    /// Plays it, and prints each step.
    /// - Returns: whether every step held.
    static func play(
        _ settings: Settings, connection: KafkaConnection, write: @escaping @Sendable (String) -> Void = { say($0) }
    ) async -> Bool {
        let receiver = Receiver()
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingOldest(1))
        let clock = ContinuousClock()
        let start = clock.now
        let result = await firstToEnd(
            {
                for await port in ports {
                    var journey = Journey(
                        api: JourneyAPI(settings: settings), connection: connection, receiver: receiver,
                        receiverURL: "http://127.0.0.1:\(port)", steps: Steps(write: write),
                        run: String(UInt32.random(in: 0...UInt32.max), radix: 36))
                    try await journey.playAll()
                    await journey.api.curl.close()
                    break
                }
            },
            { try await receiver.run { continuation.yield($0) } })
        switch result {
        case .success:
            write("\nThe journey held, in \((clock.now - start).milliseconds) ms.")
            return true
        case .failure(let error):
            write("\nThe journey did not hold.\n    \(error)")
            return false
        }
    }

    private mutating func playAll() async throws {
        try await openTheDoors()
        try await lenaWritesInFrench()
        try await lenaGoesOnInChat()
        try await lenaTextsAndCalls()
        try await amelieCompletes()
        try await noorGetsNoAnswer()
        try await servicesAgree()
        try await amelieWritesFirst()
    }
}
