import Domain
import Foundation
import PatchbayClient
import ServiceKit
import Synchronization
import TestSupport

@testable import PatchbayCLI

/// Many customers who write and some agents who answer, each patient with services that are away for a moment.
///
/// Where a service has several instances everybody keeps to one until it fails them, and then asks the next.
final class Crowd: Sendable {
    static let agents = (1...4).map { "agent-\($0)" }
    static let capacity = 10
    static let customers = 400

    /// What somebody saw who was there.
    struct Memory {
        /// The ids that the connector gave with its 202s.
        var accepted: [String] = []
        var loads: [(agent: String, load: Int)] = []
    }

    let run: String
    private let sites: [JourneyAPI]
    private let memory = Mutex(Memory())
    private let isOver = Atomic<Bool>(false)
    /// How long anybody tries the same thing again.
    private let patience: Duration

    /// - Parameter run: tells the messages of this crowd from another's.
    init(_ stack: TestStack, run: String = uniqueName("run"), patience: Duration = .seconds(60)) {
        self.run = run
        self.patience = patience
        let (connectors, routers) = (stack.instances(of: .connector), stack.instances(of: .router))
        sites = (0..<connectors.count * routers.count).map { number in
            var site = stack.crowdAPI
            site.settings.connector = stack.url(connectors[number % connectors.count])
            site.settings.router = stack.url(routers[number % routers.count])
            return site
        }
    }

    var api: JourneyAPI { sites[0] }
    var seen: Memory { memory.withLock(\.self) }

    /// The agents come in. The router may not have the organization yet.
    func enter() async throws {
        for agent in Self.agents {
            try await patiently(at: 0) { try await $0.agent(agent).setPresence(.available) }
        }
    }

    /// Agents serve while the body runs, then leave.
    func serving<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, agent) in Self.agents.enumerated() {
                group.addTask { try await self.serve(agent, at: number) }
            }
            let result = try await body()
            isOver.store(true, ordering: .releasing)
            try await group.waitForAll()
            isOver.store(false, ordering: .releasing)
            return result
        }
    }

    /// Posts messages at a steady pace, each until it is accepted; a repeat is the same message.
    func post(_ count: Int, aSecond rate: Int) async throws {
        let start = ContinuousClock.now
        let first = seen.accepted.count
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in first..<first + count {
                try await Task.sleep(until: start + .seconds(1) * (number - first) / rate, clock: .continuous)
                group.addTask { try await self.post(message: number) }
            }
            try await group.waitForAll()
        }
    }

    /// Posts a message until it is accepted.
    func post(message number: Int) async throws {
        let id = try await patiently(at: number) { try await self.send(number, $0).messageID }
        memory.withLock { $0.accepted.append(id) }
    }

    /// Posts a message once, whatever comes of it.
    func attempt(message number: Int) async throws { _ = try await send(number, api) }

    private func send(_ number: Int, _ api: JourneyAPI) async throws -> AcceptedMessage {
        let author = number % Self.customers
        let message = CustomerMessage(
            messageID: "\(run)-\(number)",
            from: CustomerMessage.Sender(kind: "handle", value: "customer-\(author)"), text: "message \(number)")
        return try await api.channels.post(message, account: "page-\(author % 2)")
    }

    /// One agent's day: accepts most of what is offered, answers, completes. Every request has a key, so it can be
    /// repeated.
    private func serve(_ agent: String, at number: Int) async throws {
        var (cursor, place) = (String?.none, number)
        while !isOver.load(ordering: .acquiring) {
            let news: AgentWork?
            do {
                news = try await sites[place % sites.count].agent(agent).work(after: cursor, within: 1)
            } catch {
                place += 1
                cursor = nil
                try await Task.sleep(for: .milliseconds(50))
                continue
            }
            guard let news else { continue }
            cursor = news.cursor
            memory.withLock { $0.loads.append((agent, news.load)) }
            for offer in news.offers {
                let id = offer.offerID
                // Some are declined, by their ids, so that a repeat says the same.
                let isDeclined = id.utf8.last == UInt8(ascii: "0")
                try await act(agent, at: place) { client in
                    if isDeclined {
                        try await client.decline(id, key: id)
                    } else {
                        try await client.accept(id, key: id)
                    }
                }
            }
            for id in news.assignments.map(\.workItemID) {
                try await act(agent, at: place) { try await $0.reply(to: id, "answer to \(id)", key: "reply-\(id)") }
                try await act(agent, at: place) {
                    try await $0.complete(id, disposition: "resolved", key: "done-\(id)")
                }
            }
        }
    }

    /// A command until the router has decided it, one way or the other.
    private func act(
        _ agent: String, at place: Int, _ command: (AgentClient) async throws -> PatchbayClient.CommandResult
    ) async throws {
        try await patiently(at: place) { api in
            do {
                _ = try await command(api.agent(agent))
            } catch let error as PatchbayError where [403, 409, 410].contains(error.status) {
                // Decided. 404: an instance that has not heard of the offer or work item yet; nothing here is
                // forgotten so soon.
            }
        }
    }

    /// Tries again, at another place each time: services that were killed come back.
    private func patiently<Result>(
        at place: Int, _ body: (JourneyAPI) async throws -> Result
    ) async throws -> Result {
        let end = ContinuousClock.now + patience
        var place = place
        while true {
            do {
                return try await body(sites[place % sites.count])
            } catch {
                guard ContinuousClock.now < end else { throw error }
                place += 1
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}
