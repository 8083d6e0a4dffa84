import Domain
import Foundation
import PatchbayClient
import Schema
import ServiceKit
import Streams
import Synchronization
import TestSupport
import Testing

@testable import PatchbayCLI

extension WholeStack {
    /// A site's visitors write through its server; who has a continue-link writes by themselves.
    @Suite("Nobody is mixed up with anybody", .serialized)
    struct WhoseMessageTests {
        private static let organization = """
            pools: { support: {} }
            skills: {}
            profiles: { wide: { capacity: 40, presence-lease: 10m, grace: 10m } }
            routing-policies: { standard: { offer: 10m } }
            sla-policies: { standard: { targets: { first-response: { within: 1h } } } }
            queues: { desk: { pool: support, routing-policy: standard, sla-policy: standard } }
            agents: { ada: { pool: support, profile: wide } }
            accounts:
              site: { channel: chat, queue: desk, delivery: { webhook: { url: "${receiver}", secret: demo-webhook } } }
            """

        @Test(
            "Two senders post 1001: both are in sight, each under its own customer, and the answer goes to the right one; who has a link and chooses ids takes nothing over",
            .timeLimit(.minutes(5)))
        func whose() async throws {
            let desk = Receiver()
            try await TestStack.with(try await .shared()) { stack in
                try await stack.apply(Self.organization, values: ["receiver": desk.server.url("/hook")])
                try await raise(stack)
                try await eventually("the agent is in", within: .seconds(60)) {
                    (try? await stack.api.agent("ada").setPresence(.available)) != nil
                }
                try await sameID(stack, desk)
                let link = try await link(ofEve: stack, desk)
                for number in 1...6 { try await takeOver(number, with: link, stack, desk) }
            }
            desk.server.stop()
        }

        /// Raises all services to the newest rules, and waits until they hold everywhere.
        private func raise(_ stack: TestStack) async throws {
            let connection = stack.connection
            for service in [ServiceLog.connector, .context, .router, .slaTimer] {
                try await onThread { try RulesCommand.raise(service, to: RulesVersion.newest, connection) }
            }
            try await eventually("the rules are raised", within: .seconds(60)) {
                try await onThread {
                    for service in ServiceLog.allCases {
                        let count = TopicSettings.defaultPartitions
                        let places = try CheckpointReader.read(
                            kafka: connection.properties, state: connection.name(service.state), partitions: count,
                            timeout: .seconds(30))
                        guard places.count == count, places.values.allSatisfy({ $0.rules == RulesVersion.newest })
                        else { return false }
                    }
                    return true
                }
            }
        }

        private func sameID(_ stack: TestStack, _ desk: Receiver) async throws {
            let api = stack.api
            let lena = try await post("1001", "my card is 4711", from: "lena", api)
            let max = try await post("1001", "hello", from: "max", api)
            let (hers, his) = (try await offer(to: lena, api), try await offer(to: max, api))
            #expect(hers.workItemID != his.workItemID && hers.conversationID != his.conversationID)
            try await expectTimeline(of: lena, ["my card is 4711"], api)
            try await expectTimeline(of: max, ["hello"], api)

            try await api.agent("ada").accept(hers.offerID)
            try await api.agent("ada").accept(his.offerID)
            try await post("1002", "are you there?", from: "max", api)
            try await post("1001", "hello", from: "max", api)
            try await eventually("his second message is on his work item", within: .seconds(60)) {
                try await api.supervisor.workItem(his.workItemID).messageCount == 2
            }
            try await api.agent("ada").reply(to: hers.workItemID, "card 4711 is blocked")
            #expect(try await desk.recipient(of: "card 4711 is blocked") == "lena")
            #expect(try await api.supervisor.workItem(hers.workItemID).messageCount == 1)
            try await expectTimeline(of: max, ["are you there?", "hello"], api)
        }

        /// Eve has a conversation of her own, and the link in its answer.
        private func link(ofEve stack: TestStack, _ desk: Receiver) async throws -> String {
            let eve = try await post("e-1", "hello", from: "eve", stack.api)
            let offer = try await offer(to: eve, stack.api)
            try await stack.api.agent("ada").accept(offer.offerID)
            try await stack.api.agent("ada").reply(to: offer.workItemID, "hello Eve")
            #expect(try await desk.recipient(of: "hello Eve") == "eve")
            let link = try #require(try await desk.payload("hello Eve")["continue_link"]?.string)
            return String(link.split(separator: "/").last ?? "")
        }

        private func takeOver(_ number: Int, with link: String, _ stack: TestStack, _ desk: Receiver) async throws {
            let api = stack.api
            let victim = "victim-\(number)"
            let accepted = try await post("v-\(number)", "I forgot my PIN", from: victim, api)
            let offer = try await offer(to: accepted, api)
            try await api.agent("ada").accept(offer.offerID)
            let chosen = [
                "v-\(number)", accepted.messageID, offer.workItemID, offer.conversationID, accepted.customerID,
            ]
            for id in chosen {
                for message in [id, "\(id) again"] { try await write(message, with: link, stack) }
            }
            try await eventually("what Eve wrote is in sight", within: .seconds(60)) {
                try await search("Eve-\(victim)", stack) == 2 * chosen.count
            }
            let item = try await api.supervisor.workItem(offer.workItemID)
            #expect(item.messageCount == 1 && item.customerID == accepted.customerID)
            let answer = "\(victim), your new PIN is 99\(number)"
            try await api.agent("ada").reply(to: offer.workItemID, answer)
            #expect(try await desk.recipient(of: answer) == victim)
            try await expectTimeline(of: accepted, ["I forgot my PIN", answer], api)

            func write(_ id: String, with link: String, _ stack: TestStack) async throws {
                let body = JSONValue.object([
                    "message_id": id, "text": "Eve-\(victim)", "continue_token": link,
                    "from": JSONValue.object(["kind": "visitor", "value": victim]),
                ])
                _ = try await stack.api.send(
                    "POST", "\(stack.url(.connector))/v1/channels/site/messages", as: .nobody, json: body
                ).status(202)
            }
        }

        // MARK: - What is done and seen

        @discardableResult
        private func post(_ id: String, _ text: String, from visitor: String, _ api: JourneyAPI) async throws
            -> AcceptedMessage
        {
            try await api.channels.post(
                CustomerMessage(messageID: id, from: .init(kind: "visitor", value: visitor), text: text),
                account: "site")
        }

        private func offer(to message: AcceptedMessage, _ api: JourneyAPI) async throws -> Offer {
            try await api.offer(to: "ada", within: .seconds(60)) { $0.customerID == message.customerID }
        }

        private func expectTimeline(of message: AcceptedMessage, _ texts: [String], _ api: JourneyAPI) async throws {
            var seen: [String] = []
            do {
                try await eventually("the timeline", within: .seconds(30)) {
                    let url = "\(api.settings.context)/v1/customers/\(message.customerID)/timeline"
                    let answer = try await api.send("GET", url, as: .supervisor)
                    seen = (answer.json["entries"]?.array ?? []).compactMap { $0["text"]?.string }
                    return seen.sorted() == texts.sorted()
                }
            } catch {
                Issue.record("the timeline shows \(seen), expected \(texts)")
            }
        }

        private func search(_ words: String, _ stack: TestStack) async throws -> Int {
            let url = "\(stack.url(.context))/v1/search?q=\(words)&limit=100"
            return try await stack.api.send("GET", url, as: .supervisor).json["results"]?.array?.count ?? 0
        }

        /// Takes what the account delivers.
        private final class Receiver: Sendable {
            private final class Payloads: Sendable {
                let all = Mutex<[JSONValue]>([])
            }

            let server: LoopbackServer
            private let payloads: Payloads

            init() {
                let payloads = Payloads()
                self.payloads = payloads
                server = .answering { request in
                    if let payload = try? JSONValue(parsing: request.body), let data = payload["data"] {
                        payloads.all.withLock { $0.append(data) }
                    }
                    return .init(200)
                }
            }

            func payload(_ text: String) async throws -> JSONValue {
                try await eventuallySome("“\(text)” is delivered", within: .seconds(60)) {
                    payloads.all.withLock { $0 }.first { $0["text"]?.string == text }
                }
            }

            func recipient(of text: String) async throws -> String? { try await payload(text)["to"]?["value"]?.string }
        }
    }
}
