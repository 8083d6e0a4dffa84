import ContextCore
import Domain
import OrderedCollections
import TestSupport
import Testing

@Suite("Context under random messages, links, closures and restores")
struct ContextSimulationTests {
    /// Seeds that once failed stay in this list.
    private static let seeds: [UInt64] = (1...40).map { $0 } + [2571, 2701, 2919, 2973]

    private let identifiers = (0..<9).map { Identifier(kind: .handle, value: "social/user-\($0)") }

    @Test("Each accepted message is filed exactly once, within one hop, and every twin agrees", arguments: seeds)
    func simulate(seed: UInt64) {
        var network = Network(partitions: 3, seed: seed)
        var generator = SeededGenerator(seed: seed ^ 0xC0FF_EE00)
        let sent = drive(&network, &generator)
        network.settle()
        checkMessages(network, sent, seed)
        checkLinks(network, seed)
        checkWorkItems(network, seed)
        unlinkEverything(&network, seed)
        #expect(network.disagreements.isEmpty, "seed \(seed)")
    }

    private func drive(_ network: inout Network, _ generator: inout SeededGenerator) -> [InboundMessage] {
        var sent: [InboundMessage] = []
        for partition in 0..<network.partitionCount {
            network.configure(
                Samples.configuration(accounts: [Samples.account("social", .social)]), partition: partition)
        }
        for round in 0..<400 {
            act(round, &network, &generator, &sent)
            for _ in 0..<Int.random(in: 0...4, using: &generator) { _ = network.step() }
            if Int.random(in: 0..<25, using: &generator) == 0 {
                network.checkpoint(Int.random(in: 0..<network.partitionCount, using: &generator))
            }
            if round == 300 {
                for partition in 0..<network.partitionCount {
                    network.configure(Samples.configuration(revision: 2), partition: partition)
                }
            }
        }
        return sent
    }

    private func act(
        _ round: Int, _ network: inout Network, _ generator: inout SeededGenerator, _ sent: inout [InboundMessage]
    ) {
        let identifier = identifiers.randomElement(using: &generator)!
        let other = identifiers.randomElement(using: &generator)!
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<9:
            var evidence: [Evidence] = []
            if Int.random(in: 0..<5, using: &generator) == 0 {
                evidence.append(Samples.continueLink(to: other.customerID))
            }
            if Int.random(in: 0..<8, using: &generator) == 0 { evidence.append(Samples.claim(other)) }
            // Unique for its sender, as with providers that count the messages of each chat.
            let count = sent.count { $0.customerID == identifier.customerID }
            var message = Samples.message("m\(count)", from: identifier, evidence: evidence)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: message.address.channel = .voice
            case 1: message.address.account = ChannelAccountID("chat")
            default: break
            }
            sent.append(message)
            network.write(.messageReceived(message), to: identifier.customerID)
        case 9, 10:
            guard let repeated = sent.randomElement(using: &generator) else { return }
            network.write(.messageReceived(repeated), to: repeated.customerID)
        case 11..<16:
            network.closeOne()
        case 16, 17:
            let profile = CustomerProfile(customerID: identifier.customerID, verifiedIdentifiers: [other])
            network.write(.profileUpdated(profile), to: identifier.customerID)
        default:
            let link = IdentityLink(
                identifier: identifier, customerID: network.identity[identifier] ?? other.customerID,
                evidence: .manual, reason: "supervisor")
            network.write(.identityUnlinked(link), to: identifier.customerID)
        }
    }

    private func checkMessages(_ network: Network, _ sent: [InboundMessage], _ seed: UInt64) {
        #expect(network.filed.count == sent.count, "seed \(seed)")
        for message in sent {
            #expect(network.filed[message.boundID]?.count == 1, "seed \(seed): \(message.messageID)")
            #expect(network.requests[message.boundID]?.count == 1, "seed \(seed): \(message.messageID)")
            let hops = network.forwards[message.boundID, default: []]
            #expect(hops.count <= 1, "seed \(seed): \(message.messageID)")
        }
    }

    /// When all is quiet every identifier belongs to the end of its chain of evidence, and that end knows it.
    private func checkLinks(_ network: Network, _ seed: UInt64) {
        for identifier in identifiers {
            let link = network.customer(identifier.customerID)?.link
            #expect(network.identity[identifier] == link?.ownerID, "seed \(seed): \(identifier.value)")
            guard let link else { continue }
            var end = link.parentID
            for _ in identifiers { end = network.customer(end)?.link?.parentID ?? end }
            #expect(network.customer(end)?.link == nil, "seed \(seed): a ring at \(identifier.value)")
            #expect(link.ownerID == end, "seed \(seed): \(identifier.value)")
            #expect(network.customer(end)?.attached[identifier] != nil, "seed \(seed): \(identifier.value)")
            #expect(network.customer(link.parentID)?.attached[identifier]?.via == nil, "seed \(seed)")
        }
        for identifier in identifiers {
            let attached = network.customer(identifier.customerID)?.attached ?? [:]
            for other in attached.keys {
                let link = network.customer(other.customerID)?.link
                #expect(
                    link?.parentID == identifier.customerID || link?.ownerID == identifier.customerID, "seed \(seed)")
            }
        }
    }

    /// Context takes for open what the router has open, in at most one conversation of each customer.
    private func checkWorkItems(_ network: Network, _ seed: UInt64) {
        for identifier in identifiers {
            guard let open = network.customer(identifier.customerID)?.openConversation else { continue }
            for item in open.items {
                let held = network.openItems[item.id]
                #expect(held?.conversationID == open.id, "seed \(seed): \(item.id)")
                #expect(held?.customerID == identifier.customerID, "seed \(seed): \(item.id)")
            }
        }
    }

    /// A split restores both sides: afterwards everybody's messages are their own.
    private func unlinkEverything(_ network: inout Network, _ seed: UInt64) {
        for identifier in identifiers {
            guard let link = network.customer(identifier.customerID)?.link else { continue }
            let record = IdentityLink(
                identifier: identifier, customerID: link.parentID, evidence: .manual, reason: "supervisor")
            network.write(.identityUnlinked(record), to: identifier.customerID)
        }
        network.settle()
        #expect(network.identity.isEmpty, "seed \(seed)")
        let last = identifiers.map { Samples.message("after", from: $0) }
        for message in last { network.write(.messageReceived(message), to: message.customerID) }
        network.settle()
        for (message, identifier) in zip(last, identifiers) {
            let filed = network.filed[message.boundID]?.map(\.customerID)
            #expect(filed == [identifier.customerID], "seed \(seed): \(identifier.value)")
            #expect(network.customer(identifier.customerID)?.attached.isEmpty ?? true, "seed \(seed)")
        }
    }
}
