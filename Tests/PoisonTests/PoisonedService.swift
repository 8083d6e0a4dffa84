import Domain
import RouterApp
import SLATimerApp
import Schema
import ServiceKit

@testable import ConnectorApp
@testable import ContextApp

/// A service, what its log is there for, and where it shows that a record was understood.
enum PoisonedService: String, CaseIterable, Sendable {
    case connector, context, router, slaTimer

    var description: ServiceDescription {
        switch self {
        case .connector: .connector
        case .context: .context
        case .router: .router
        case .slaTimer: .slaTimer
        }
    }

    var build: @Sendable (ServiceSetup) async throws -> Void {
        switch self {
        case .connector: ConnectorService.build
        case .context: ContextService.build
        case .router: RouterService.build
        case .slaTimer: SLATimerService.build
        }
    }

    var log: Topic {
        switch self {
        case .connector: .outbound
        case .context: .inbound
        case .router: .work
        case .slaTimer: .clocks
        }
    }

    /// Where a record of the log shows, with the name that was given to it.
    var answers: Topic {
        switch self {
        case .connector: .delivery
        case .context: .work
        case .router: .workEvents
        case .slaTimer: .slaEvents
        }
    }

    /// A record for the log that will be answered under this name.
    func record(_ name: String) -> GoodRecord {
        switch self {
        case .connector:
            let message = OutboundMessage(
                messageID: MessageID(name), conversationID: "conversation", customerID: Self.lena.customerID,
                workItemID: "item", author: .agent("ana"), address: Self.address, text: "Bonjour",
                createdAt: Self.start)
            return GoodRecord(message, key: "conversation")
        case .context:
            let message = InboundMessage(
                messageID: MessageID(name), customerID: Self.lena.customerID, address: Self.address,
                // The id is made anew; the text travels.
                text: "Bonjour \(name)", providerID: name)
            return GoodRecord(InboundRecord.messageReceived(message), key: Self.lena.customerID.rawValue)
        case .router:
            let request = WorkRequest(
                workItemID: WorkItemID(name), conversationID: "conversation", customerID: Self.lena.customerID,
                messageID: MessageID("message of \(name)"), poolID: "support", queueID: "general",
                address: Self.address, priority: 5, excerpt: "Bonjour", acceptedAt: Self.start)
            return GoodRecord(WorkCommand.customerMessage(request), key: "support")
        case .slaTimer:
            let opened = OpenedWorkItem(
                conversationID: "conversation", customerID: Self.lena.customerID, poolID: "support",
                queueID: "general", policyID: "standard", priority: 5, address: Self.address,
                joinsOpenConversation: false)
            return GoodRecord(
                ClockSignal(workItemID: WorkItemID(name), at: Self.start, kind: .opened(opened)), key: name)
        }
    }

    static let start = Instant(milliseconds: 1_800_000_000_000)
    static let lena = Identifier(kind: .handle, value: "page/lena")
    static let address = Address(channel: .social, account: "page", identifier: lena)

    /// An organization in which each of these records finds what it needs.
    static func organization(webhook: String) -> [ConfigurationEntry] {
        [
            .pool(Pool(id: "support", name: "Support")),
            .routingPolicy(RoutingPolicy(id: "standard")),
            .slaPolicy(SLAPolicy(id: "standard", targets: [.init(kind: .firstResponse, seconds: 3_600)])),
            .queue(
                Queue(
                    id: "general", name: "General", poolID: "support", routingPolicyID: "standard",
                    slaPolicyID: "standard")),
            .account(
                ChannelAccount(
                    id: "page", channel: .social, queueID: "general",
                    delivery: .webhook(url: webhook, secret: "hook"))),
        ]
    }
}
