import Domain
import Foundation
import ServiceKit
import Synchronization
import TestSupport

@testable import PatchbayCLI

/// Many customers who write and some agents who answer, each patient with services that are away for a moment.
final class Crowd: Sendable {
    static let agents = (1...4).map { "agent-\($0)" }
    static let customers = 60

    let api: JourneyAPI
    private let run: String
    private let isOver = Atomic<Bool>(false)

    init(api: JourneyAPI, run: String) {
        self.api = api
        self.run = run
    }

    /// The agents come in. The router may not have the organization yet.
    func enter() async throws {
        for agent in Self.agents {
            try await patiently { try await self.api.setPresence(agent, "available") }
        }
    }

    /// Agents finish what they do and leave.
    func goHome() { isOver.store(true, ordering: .releasing) }

    /// Posts messages, about 70 a second, each until it is accepted; a repeat is the same message.
    /// - Returns: the ids that the connector gave.
    func post(_ count: Int) async throws -> [String] {
        try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<count {
                group.addTask {
                    let message: JSONValue = .object([
                        "message_id": "\(self.run)-\(number)",
                        "from": .object(["kind": "handle", "value": "customer-\(number % Self.customers)"])
                            as JSONValue,
                        "text": "message \(number)",
                    ])
                    return try await self.patiently {
                        try await self.api.postMessage(account: "page", message).text("message_id")
                    }
                }
                try await Task.sleep(for: .milliseconds(14))
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// One agent's day: accepts what is offered, answers, completes. Every request has a key, so it can be repeated.
    func serve(_ agent: String) async throws {
        var cursor: String?
        while !isOver.load(ordering: .acquiring) {
            guard let desk = try? await api.work(of: agent, after: cursor, wait: 1) else {
                try await Task.sleep(for: .milliseconds(50))
                continue
            }
            cursor = desk["cursor"]?.string
            for offer in desk["offers"]?.array ?? [] {
                guard let id = offer["offer_id"]?.string else { continue }
                try await act(agent, "offers/\(id)/accept", key: id)
            }
            for item in desk["assignments"]?.array ?? [] {
                guard let id = item["work_item_id"]?.string else { continue }
                let answer = JSONValue.object(["text": "answer to \(id)"])
                try await act(agent, "work-items/\(id)/reply", answer, key: "reply-\(id)")
                try await act(
                    agent, "work-items/\(id)/complete", .object(["disposition": "resolved"]), key: "done-\(id)")
            }
        }
    }

    /// A command until the router has decided it, one way or the other.
    private func act(_ agent: String, _ path: String, _ body: JSONValue = .object([]), key: String) async throws {
        try await patiently {
            let url = "\(self.api.settings.router)/v1/\(path)"
            let answer = try await self.api.send("POST", url, as: .agent(agent), json: body, idempotencyKey: key)
            guard [200, 409, 410].contains(answer.status) else {
                throw JourneyFailure(expected: "200, 409 or 410", found: "\(answer.status) \(answer.text)")
            }
        }
    }

    /// Tries again for a minute: services that were killed come back.
    private func patiently<Result>(_ body: () async throws -> Result) async throws -> Result {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            do {
                return try await body()
            } catch {
                guard ContinuousClock.now < end else { throw error }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// The text of a delivered reply, without its link.
    static func text(of delivery: Receiver.Delivery) -> String {
        let payload = try? JSONValue(parsing: delivery.body)
        let text = payload?["data"]?["text"]?.string ?? ""
        return text.split(separator: "\n").first.map(String.init) ?? ""
    }
}
