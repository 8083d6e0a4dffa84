import Domain
import Schema
import SwiftProtobuf
import Testing

@Suite("A record that does not fit is refused, and the error names the field")
struct RejectionTests {
    /// A message that cannot be understood, and what the error is to say.
    struct Misfit: Sendable, CustomTestStringConvertible {
        let field: String
        let value: String
        let read: @Sendable () throws -> Void

        init<R: WireRecord>(
            _ type: R.Type, _ field: String, _ value: String, _ write: @Sendable @escaping (inout R.Record) -> Void
        ) {
            self.field = field
            self.value = value
            read = { _ = try R(wire: R.Record.with(write).deterministicBytes()) }
        }

        var testDescription: String { "\(field): \(value)" }
    }

    @Test("The field, what was found and what was expected are named", arguments: kinds + enums + fields)
    func isNamed(misfit: Misfit) throws {
        let error = try #require(throws: WireError.self) { try misfit.read() }
        #expect(error.field == misfit.field)
        #expect(error.value == misfit.value)
        #expect(!error.expected.isEmpty)
        #expect(error.description == "\(misfit.field): found \(misfit.value), expected \(error.expected)")
    }

    static let unknown = "unknown record kind"

    /// Nothing in the oneof.
    static let kinds = [
        Misfit(InboundRecord.self, "kind", unknown) { _ in },
        Misfit(WorkCommand.self, "kind", unknown) { _ in },
        Misfit(WorkEvent.self, "kind", unknown) { $0 = Self.event(nil) },
        Misfit(ClockSignal.self, "kind", unknown) { $0 = Self.signal(nil) },
        Misfit(SLAEvent.self, "kind", unknown) { $0.workItemID = "item-1" },
        Misfit(OutboundMessage.self, "kind", unknown) { _ in },
        Misfit(OutboundMessage.self, "message.author", unknown) {
            $0.message = Sample.outbound[0].wire
            $0.message.author = nil
        },
        Misfit(DeliveryEvent.self, "kind", unknown) {
            $0.messageID = "message-1"
            $0.conversationID = "conversation-1"
        },
        Misfit(IdentityEntry.self, "kind", unknown) { _ in },
        Misfit(CustomerProfile.self, "kind", unknown) { _ in },
        Misfit(ConfigurationEntry.self, "kind", unknown) { _ in },
        Misfit(ConfigurationEntry.self, "account.delivery", unknown) { $0.account = Self.account },
        Misfit(WorkCommand.self, "agent.action", unknown) { $0.agent = Self.command(nil) },
        Misfit(WorkEvent.self, "command_result.outcome", unknown) {
            $0 = Self.event(.commandResult(Self.result(nil)))
        },
    ]

    /// A number that no value has, or none at all.
    static let enums = [
        Misfit(InboundRecord.self, "message_received.address.channel", "99") {
            $0.messageReceived = Self.message { $0.address.channel = .UNRECOGNIZED(99) }
        },
        Misfit(InboundRecord.self, "message_received.address.channel", "0") {
            $0.messageReceived = Self.message { $0.address.channel = .unspecified }
        },
        Misfit(InboundRecord.self, "message_received.address.identifier.kind", "5") {
            $0.messageReceived = Self.message { $0.address.identifier.kind = .UNRECOGNIZED(5) }
        },
        Misfit(InboundRecord.self, "message_received.evidence[1].kind", "0") {
            $0.messageReceived = Self.message { $0.evidence = [.with { $0.kind = .profile }, .init()] }
        },
        Misfit(InboundRecord.self, "message_filed.role", "4") {
            $0.messageFiled = .with {
                $0.messageID = "message-1"
                $0.customerID = "customer-1"
                $0.conversationID = "conversation-1"
                $0.workItemID = "item-1"
                $0.role = .UNRECOGNIZED(4)
            }
        },
        Misfit(WorkCommand.self, "agent.set_presence", "0") { $0.agent = Self.command(.setPresence(.unspecified)) },
        Misfit(WorkEvent.self, "presence_changed.presence", "-1") {
            $0 = Self.event(
                .presenceChanged(
                    .with {
                        $0.agentID = "ana"
                        $0.presence = .UNRECOGNIZED(-1)
                    }))
        },
        Misfit(WorkEvent.self, "command_result.rejected.code", "17") {
            $0 = Self.event(.commandResult(Self.result(.rejected(.with { $0.code = .UNRECOGNIZED(17) }))))
        },
        Misfit(SLAEvent.self, "breached.target", "0") {
            $0.workItemID = "item-1"
            $0.breached = .init()
        },
        Misfit(IdentityEntry.self, "entry.evidence", "0") {
            $0.entry = Sample.identity[0].wire
            $0.entry.evidence = .unspecified
        },
        Misfit(ConfigurationEntry.self, "profile.weights[0].channel", "0") {
            $0.profile.id = "desk"
            $0.profile.weights = [.with { $0.weight = 1 }]
        },
        Misfit(ConfigurationEntry.self, "sla_policy.targets[0].kind", "7") {
            $0.slaPolicy.id = "standard"
            $0.slaPolicy.targets = [.with { $0.kind = .UNRECOGNIZED(7) }]
        },
    ]

    /// What must be there and is not, and what lies outside its bounds.
    static let fields = [
        Misfit(InboundRecord.self, "message_received.message_id", "nothing") {
            $0.messageReceived = Self.message { $0.messageID = "" }
        },
        Misfit(InboundRecord.self, "message_received.address", "nothing") {
            $0.messageReceived = Self.message { $0.clearAddress() }
        },
        Misfit(InboundRecord.self, "message_received.address.identifier", "nothing") {
            $0.messageReceived = Self.message { $0.address.clearIdentifier() }
        },
        Misfit(InboundRecord.self, "message_received.address.identifier.value", "nothing") {
            $0.messageReceived = Self.message { $0.address.identifier.value = "" }
        },
        Misfit(InboundRecord.self, "message_received.forwarded_from", "nothing") {
            $0.messageReceived = Self.message { $0.forwardedFrom = "" }
        },
        Misfit(InboundRecord.self, "message_received.accepted_at_ms", "9223372036854775807") {
            $0.messageReceived = Self.message { $0.acceptedAtMs = .max }
        },
        Misfit(ClockSignal.self, "at_ms", "253402300800000") {
            $0 = Self.signal(.parked(.init()))
            $0.atMs = 253_402_300_800_000
        },
        Misfit(ClockSignal.self, "closed.reply_address.account_id", "nothing") {
            $0 = Self.signal(.closed(.with { $0.replyAddress = .with { $0.channel = .sms } }))
        },
        Misfit(WorkEvent.self, "subject.work_item_id", "nothing") {
            $0 = Self.event(.queued(.init()))
            $0.subject = .init()
        },
        Misfit(WorkEvent.self, "requirements_relaxed.requirements[0].skill_id", "nothing") {
            $0 = Self.event(.requirementsRelaxed(.with { $0.requirements = [.init()] }))
        },
        Misfit(ConfigurationEntry.self, "queue.languages[0].requirement", "nothing") {
            $0.queue = Sample.queue
            $0.queue.languages = [.with { $0.language = "fr" }]
        },
        Misfit(ConfigurationEntry.self, "routing_policy.steps[0].drop_skill_ids[1]", "nothing") {
            $0.routingPolicy.id = "patient"
            $0.routingPolicy.steps = [.with { $0.dropSkillIds = ["french", ""] }]
        },
        Misfit(ConfigurationEntry.self, "calendar.open[0].end_ms", "-62135596800001") {
            $0.calendar.id = "weekdays"
            $0.calendar.open = [.with { $0.endMs = -62_135_596_800_001 }]
        },
    ]

    @Test("A kind of a newer version is an unknown record kind")
    func newerKind() throws {
        // Field 1000 with an empty message.
        let error = try #require(throws: WireError.self) { try WorkCommand(wire: [0xc2, 0x3e, 0x00]) }
        #expect(error == .unknownKind())
    }

    @Test("Bytes that are no message are named as such", arguments: [[0xff], [0x0a, 0x05, 0x01], [0x00, 0x00]])
    func malformed(bytes: [UInt8]) throws {
        let error = try #require(throws: WireError.self) { try WorkCommand(wire: bytes) }
        #expect(error.description == "record: found \(bytes.count) bytes, expected a patchbay.v1.WorkCommand")
    }

    @Test("Text that is not UTF-8 is refused")
    func notUTF8() throws {
        // kind agent_seen, field agent_id, one byte 0xff.
        #expect(throws: WireError.self) { try WorkCommand(wire: [0x1a, 0x03, 0x0a, 0x01, 0xff]) }
        #expect(try WorkCommand(wire: [0x1a, 0x03, 0x0a, 0x01, 0x61]) == .agentSeen("a"))
    }
}

extension RejectionTests {
    private static func message(_ change: (inout WireInboundMessage) -> Void) -> WireInboundMessage {
        var wire = InboundMessage(messageID: "m", customerID: "c", address: Sample.sms, text: "", providerID: "").wire
        change(&wire)
        return wire
    }

    private static func event(_ kind: WireWorkEvent.OneOf_Kind?) -> WireWorkEvent {
        .with {
            $0.poolID = "europe"
            $0.kind = kind
        }
    }

    private static func signal(_ kind: WireClockSignal.OneOf_Kind?) -> WireClockSignal {
        .with {
            $0.workItemID = "item-1"
            $0.kind = kind
        }
    }

    private static func command(_ action: WireAgentCommand.OneOf_Action?) -> WireAgentCommand {
        .with {
            $0.commandID = "command-1"
            $0.agentID = "ana"
            $0.poolID = "europe"
            $0.action = action
        }
    }

    private static func result(_ outcome: WireCommandResult.OneOf_Outcome?) -> WireCommandResult {
        .with {
            $0.commandID = "command-1"
            $0.agentID = "ana"
            $0.outcome = outcome
        }
    }

    private static let account = WireChannelAccount.with {
        $0.id = "support-sms"
        $0.channel = .sms
        $0.queueID = "orders"
    }
}

extension Sample {
    static let queue = Queue(
        id: "orders", name: "Orders", poolID: "europe", routingPolicyID: "patient", slaPolicyID: "standard"
    ).wire
}
