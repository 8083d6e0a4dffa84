import Domain
import Schema
import SwiftProtobuf
import Testing

/// One record by hand.
struct Sample: Sendable, CustomTestStringConvertible {
    let record: any WireRecord & Hashable

    init(_ record: any WireRecord & Hashable) {
        self.record = record
    }

    var topic: Topic { Swift.type(of: record).topic }
    var bytes: [UInt8] { record.encoded() }
    var testDescription: String { record.type }

    /// Every kind of record of every topic, optional fields once present and once absent.
    static let all: [Sample] =
        inbound.map(Sample.init) + work.map(Sample.init) + workEvents.map(Sample.init) + clocks.map(Sample.init)
        + outbound.map(Sample.init) + delivery.map(Sample.init) + slaEvents.map(Sample.init)
        + identity.map(Sample.init) + profiles.map(Sample.init) + configuration.map(Sample.init)
}

extension Sample {
    static let at = Instant(milliseconds: 1_763_827_200_123)
    static let later = Instant(milliseconds: 1_763_830_800_000)
    static let phone = Identifier(kind: .phone, value: "+33612345678")
    static let handle = Identifier(kind: .handle, value: "mastodon/léna")
    static let sms = Address(channel: .sms, account: "support-sms", identifier: phone)
    static let social = Address(channel: .social, account: "mastodon", identifier: handle)
    static let french = Requirement(skill: "french", level: 7)
    static let customer: CustomerID = "c0ffee00-0000-5000-8000-000000000001"
    static let text = "Où est ma commande ? \u{1F4E6}\n\"Merci\"\u{0}"

    static let profile = CustomerProfile(
        customerID: customer, name: "Léna", language: "fr",
        verifiedIdentifiers: [phone, Identifier(kind: .email, value: "lena@example.org")],
        attributes: [.init(name: "tier", value: "gold"), .init(name: "since", value: "")])

    static let asked = ConversationAsked(
        workItemID: "item-9", messageID: "message-9", agentID: "ana", poolID: "europe", queueID: "orders",
        address: sms, text: "Your parcel is here.")

    static let inbound: [InboundRecord] = {
        var forwarded = asked
        forwarded.forwardedFrom = customer
        let link = IdentityLink(identifier: handle, customerID: customer, evidence: .signedClaim, reason: "message-1")
        let evidence = [
            Evidence(kind: .continueLink, customerID: customer, conversationID: "conversation-1"),
            Evidence(kind: .signedClaim, identifier: Identifier(kind: .visitor, value: "shop/17")),
        ]
        return [
            .messageReceived(
                InboundMessage(
                    messageID: "message-1", customerID: customer, address: social, text: text, subject: "",
                    language: "fr", displayName: "Léna", providerID: "p-1", evidence: evidence, acceptedAt: at,
                    forwardedFrom: "c0ffee00-0000-5000-8000-000000000002")),
            .messageReceived(
                InboundMessage(messageID: "m", customerID: customer, address: sms, text: "", providerID: "")),
            .identityLinked(link),
            .identityUnlinked(
                IdentityLink(identifier: phone, customerID: customer, evidence: .continueLink, reason: "")),
            .identifierAttached(
                IdentityLink(
                    identifier: phone, customerID: customer, evidence: .profile, reason: "revision 3",
                    via: "c0ffee00-0000-5000-8000-000000000002")),
            .identifierDetached(
                IdentityLink(identifier: phone, customerID: customer, evidence: .manual, reason: "supervisor sam")),
            .profileUpdated(profile), .profileUpdated(CustomerProfile(customerID: customer)),
            .workItemClosed(
                ClosedWorkItem(
                    workItemID: "item-1", conversationID: "conversation-1", customerID: customer,
                    disposition: "solved", agentID: "ana", conversationEnded: true)),
            .workItemClosed(
                ClosedWorkItem(
                    workItemID: "item-1", conversationID: "conversation-1", customerID: customer, disposition: "",
                    conversationEnded: false)),
            .workItemReopened(
                ReopenedWorkItem(workItemID: "item-2", conversationID: "conversation-1", customerID: customer)),
            .surveyAsked(
                SurveyAsked(
                    surveyID: "survey-1", workItemID: "item-1", conversationID: "conversation-1",
                    customerID: customer, poolID: "europe", address: sms, expiresAt: later)),
            .customerLeft(Departure(customerID: customer, address: sms, reason: "closed the window")),
            .conversationAsked(asked), .conversationAsked(forwarded),
            .customerLeft(
                Departure(
                    customerID: customer, address: sms, messageID: "message-1", providerID: "CA1", reason: "completed",
                    forwardedFrom: customer)),
        ]
            + MessageFiled.Role.allCases.map { role in
                .messageFiled(
                    MessageFiled(
                        messageID: "message-1", customerID: customer, conversationID: "conversation-1",
                        workItemID: "item-1", role: role, acceptedAt: at,
                        receivedAs: role == .opened ? "chosen" : nil))
            }
    }()

    static let work: [WorkCommand] = {
        let actions: [AgentCommand.Action] =
            Presence.allCases.map { .setPresence($0) } + [
                .setPresence(.away, reason: "lunch"),
                .accept("offer-1"), .decline("offer-1", reason: "at lunch"),
                .reply("item-1", messageID: "message-2", text: text), .note("item-1", text: text),
                .park("item-1", seconds: 86_400), .requeue("item-1", reason: "wrong language"),
                .transfer("item-1", "billing"), .complete("item-1", disposition: "solved"),
                .reassign("item-1", to: .agent("ben"), reason: "knows it"),
                .reassign("item-1", to: .queue("billing"), reason: ""),
                .note("item-1", text: text, mentions: ["ben", "cleo"]),
                .transfer("item-1", "billing", note: "asks for a refund"), .pull,
                .transferToAgent("item-1", "ben"), .transferToAgent("item-1", "ben", note: "asks for you"),
                .resume("item-1"), .consult("item-1", "ben", question: "is that covered?"), .endConsult("item-1"),
                .escalate("item-1", priority: 9, reason: "no water"), .endWrapUp("item-1"),
                .schedule("item-1", at: later, keepsAgent: true), .schedule("item-1", at: later, keepsAgent: false),
                .startConversation(Outreach(account: "texts", identifier: phone, text: text)),
                .startConversation(Outreach(account: "texts", identifier: phone, queueID: "orders", text: "")),
            ]
        return [
            .customerMessage(
                WorkRequest(
                    workItemID: "item-1", conversationID: "conversation-1", customerID: customer,
                    messageID: "message-1", poolID: "europe", queueID: "orders", address: social, priority: 5,
                    language: "fr", displayName: "Léna", preferredAgentID: "ana", excerpt: text, acceptedAt: at)),
            .customerMessage(
                WorkRequest(
                    workItemID: "item-1", conversationID: "conversation-1", customerID: customer,
                    messageID: "message-1", poolID: "europe", queueID: "orders", address: sms, priority: 0,
                    excerpt: "", acceptedAt: Instant(milliseconds: 0))),
            .agentSeen("ana"),
            .escalate(Escalation(workItemID: "item-1", poolID: "europe", priority: 9, reason: "first-response")),
            .surveyAnswered(
                SurveyAnswer(
                    surveyID: "survey-1", workItemID: "item-1", conversationID: "conversation-1",
                    customerID: customer, poolID: "europe", messageID: "message-3", score: 5)),
            .customerGone(
                CustomerGone(workItemID: "item-1", poolID: "europe", address: sms, reason: "closed the window")),
        ]
            + ([nil] + ConversationStarted.Refusal.allCases).map { refusal in
                .conversationStarted(
                    ConversationStarted(
                        asked: asked, conversationID: "conversation-9", customerID: customer, displayName: "Léna",
                        language: "fr", refusal: refusal))
            }
            + handOvers.map { .handedOver($0) }
            + actions.flatMap { action in
                [nil, "mia"].map { supervisor in
                    .agent(
                        AgentCommand(
                            commandID: "command-1", agentID: "ana", poolID: "europe", action: action,
                            supervisor: supervisor))
                }
            }
    }()

    private static let handOvers: [HandOver] = [
        HandOver(
            workItemID: "item-1", conversationID: "conversation-1", customerID: customer, poolID: "asia",
            queueID: "orders", path: ["europe"], displayName: "Lena", language: "fr", priority: 5, acceptedAt: at,
            openedAt: later, address: social, replyAddress: sms, answeredAt: later,
            messages: [.init(messageID: "message-1", address: sms, text: text, acceptedAt: at)], messageCount: 3,
            preferredAgentID: "ana", offersMade: 2, isCallbackOffered: true,
            transferNote: .init(agentID: "ana", text: text, at: later), customerLeftAt: later),
        HandOver(
            workItemID: "item-1", conversationID: "conversation-1", customerID: customer, poolID: "asia",
            queueID: "orders", path: [], priority: 0, acceptedAt: at, openedAt: at, address: social),
    ]

    static let workEvents: [WorkEvent] = {
        let subject = WorkEvent.Subject(
            workItemID: "item-1", conversationID: "conversation-1", customerID: customer, queueID: "orders")
        let ofItems: [WorkEvent.Kind] = [
            .opened(channel: .social, priority: 5, requirements: [french], acceptedAt: at),
            .opened(channel: .voice, priority: 0, requirements: [], acceptedAt: at),
            .customerMessageAdded("message-1", social, excerpt: text), .queued,
            .offered("offer-1", "ana", expiresAt: later, explanation: "french 8 of 7"),
            .offerAccepted("offer-1", "ana"), .offerDeclined("offer-1", "ana", reason: "at lunch"),
            .offerExpired("offer-1", "ana"), .offerRevoked("offer-1", "ana", reason: "vanished"),
            .assigned("ana"), .agentReplied("ana", "message-2", sms, text: text), .noteAdded("ana", text: text),
            .parked("ana", until: later), .parked(nil, until: later), .resumed(reason: "time is up"),
            .requeued("ana", reason: "vanished"), .requeued(nil, reason: ""), .transferred("ana", to: "billing"),
            .transferred(nil, to: "billing"),
            .requirementsRelaxed(step: 1, requirements: [french, Requirement(skill: "orders", level: 0)]),
            .requirementsRelaxed(step: 0, requirements: []), .escalated(from: 5, to: 9, reason: "first-response"),
            .wrapUpStarted("ana", until: later), .closed("ana", disposition: "solved"),
            .closed(nil, disposition: ""), .surveyAnswered("survey-1", score: 5),
            .widened(step: 1, to: ["billing", "general"]), .widened(step: 0, to: []),
            .turnedAway(.queueFull, expectedWaitSeconds: 90), .turnedAway(.queueClosed, expectedWaitSeconds: nil),
            .customerTold(.callbackOffered, "message-6"), .handedOver("ana", to: "asia", "orders"),
            .handedOver(nil, to: "asia", "orders"), .takenOver(from: "europe"),
            .noteAdded("ana", text: text, mentions: ["ben"]),
            .escalated(from: 5, to: 9, reason: "no water", by: "ana"),
            .abandoned(waitedMilliseconds: 61_500, reason: "hung up"),
            .consultStarted("ana", with: "ben", question: "is that covered?"),
            .consultEnded("ben", reason: "ended"), .customerLeft("ana", reason: "hung up"),
            .transferredToAgent("ana", to: "ben"), .transferredToAgent(nil, to: "ben"),
            .scheduled("ana", at: later, keepsAgent: true), .scheduled("ana", at: later, keepsAgent: false),
            .shadowDiffered("standard", wouldAsk: "ben"), .shadowDiffered("standard", wouldAsk: nil),
        ]
        let outcomes: [CommandResult.Outcome] =
            [.done(nil, nil), .done("item-1", nil), .done("item-1", "message-2")]
            + RejectionCode.allCases.map { .rejected(Rejection(code: $0, detail: "ana")) }
        let ofAgents: [WorkEvent.Kind] =
            Presence.allCases.map { .presenceChanged("ana", $0, reason: "asked") }
            + [
                .presenceChanged("ana", .away, reason: "lunch", supervisor: "mia"), .airGiven("ana", until: later),
                .shiftEnded("ana"),
            ]
            + outcomes.map { .commandResult(CommandResult(commandID: "command-1", agentID: "ana", outcome: $0)) }
        return ofItems.map { WorkEvent(at: at, poolID: "europe", subject: subject, kind: $0) }
            + ofAgents.map { WorkEvent(at: at, poolID: "europe", kind: $0) }
    }()

    static let clocks: [ClockSignal] = {
        let kinds: [ClockSignal.Kind] = [
            .opened(
                OpenedWorkItem(
                    conversationID: "conversation-1", customerID: customer, poolID: "europe", queueID: "orders",
                    policyID: "standard", priority: 5, address: social, language: "fr", expectedWaitSeconds: 0,
                    joinsOpenConversation: true)),
            .opened(
                OpenedWorkItem(
                    conversationID: "conversation-1", customerID: customer, poolID: "europe", queueID: "orders",
                    policyID: "standard", priority: 5, address: sms, joinsOpenConversation: false)),
            .customerMessage("message-1", sms), .agentReplied("message-2"), .parked, .resumed, .priorityChanged(9),
            .closed(agentID: "ana", disposition: "solved", conversationEnded: true, replyAddress: sms),
            .closed(agentID: nil, disposition: "", conversationEnded: false, replyAddress: nil),
        ]
        return kinds.map { ClockSignal(workItemID: "item-1", at: at, kind: $0) }
    }()

    static let slaEvents: [SLAEvent] = {
        let ofTargets: [SLAEvent.Kind] = TargetKind.allCases.flatMap { target -> [SLAEvent.Kind] in
            [
                .clockStarted(target, dueAt: later), .clockPaused(target), .clockResumed(target, dueAt: later),
                .clockMet(target, dueAt: later), .clockCancelled(target), .warning(target, dueAt: later),
                .breached(target, dueAt: later), .breachRetracted(target, dueAt: later),
            ]
        }
        let others: [SLAEvent.Kind] = [
            .escalated(priority: 9), .acknowledged("message-4", expectedWaitSeconds: 120),
            .acknowledged("message-4", expectedWaitSeconds: nil), .surveySent("survey-1", "message-5"),
        ]
        return (ofTargets + others).map { SLAEvent(workItemID: "item-1", at: at, kind: $0) }
    }()

    static let outbound: [OutboundMessage] =
        ([.agent("ana"), .acknowledgement, .survey] + Notice.allCases.map { .notice($0) }).map {
            (author: OutboundMessage.Author) in
            OutboundMessage(
                messageID: "message-2", conversationID: "conversation-1", customerID: customer, workItemID: "item-1",
                author: author, address: sms, text: text, createdAt: at)
        }

    static let delivery: [DeliveryEvent] = {
        let kinds: [DeliveryEvent.Kind] = [
            .sent(providerID: "SM1", attempts: 2), .sent(providerID: nil, attempts: 1), .delivered, .read,
            .failed(reason: "410 Gone", attempts: 8),
        ]
        return kinds.map {
            DeliveryEvent(messageID: "message-2", conversationID: "conversation-1", at: at, kind: $0)
        }
    }()

    static let identity: [IdentityEntry] = EvidenceKind.allCases.map { evidence in
        IdentityEntry(identifier: phone, customerID: customer, evidence: evidence, linkedAt: at)
    }

    static let profiles = [
        profile, CustomerProfile(customerID: customer),
        CustomerProfile(customerID: customer, consents: ChannelKind.allCases),
    ]
}
