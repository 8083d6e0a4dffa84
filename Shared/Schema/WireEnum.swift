import Domain
package import SwiftProtobuf

/// A Domain enum that has an enum of its own on the wire, whose zero is no value.
package protocol WireEnum: CaseIterable, RawRepresentable<String> {
    associatedtype Wire: SwiftProtobuf.Enum

    var wire: Wire { get }
}

extension WireEnum {
    /// Reads a value that must be there and be known.
    package static func required(_ field: String, _ wire: Wire) throws(WireError) -> Self {
        guard let value = allCases.first(where: { $0.wire == wire }) else {
            throw WireError(
                field: field, value: String(wire.rawValue),
                expected: "one of \(allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return value
    }

    /// Reads a repeated field.
    package static func list(_ field: String, _ wires: [Wire]) throws(WireError) -> [Self] {
        var values: [Self] = []
        for (index, wire) in wires.enumerated() { values.append(try required("\(field)[\(index)]", wire)) }
        return values
    }
}

extension ChannelKind: WireEnum {
    package var wire: WireChannelKind {
        switch self {
        case .email: .email
        case .chat: .chat
        case .sms: .sms
        case .whatsapp: .whatsapp
        case .social: .social
        case .voice: .voice
        case .forum: .forum
        }
    }
}

extension IdentifierKind: WireEnum {
    package var wire: WireIdentifierKind {
        switch self {
        case .phone: .phone
        case .email: .email
        case .handle: .handle
        case .visitor: .visitor
        }
    }
}

extension EvidenceKind: WireEnum {
    package var wire: WireEvidenceKind {
        switch self {
        case .continueLink: .continueLink
        case .signedClaim: .signedClaim
        case .profile: .profile
        case .manual: .manual
        }
    }
}

extension TargetKind: WireEnum {
    package var wire: WireTargetKind {
        switch self {
        case .firstResponse: .firstResponse
        case .nextResponse: .nextResponse
        case .resolution: .resolution
        }
    }
}

extension Presence: WireEnum {
    package var wire: WirePresence {
        switch self {
        case .available: .available
        case .away: .away
        case .offline: .offline
        }
    }
}

extension MessageFiled.Role: WireEnum {
    package var wire: WireMessageFiled.Role {
        switch self {
        case .opened: .opened
        case .continued: .continued
        case .surveyAnswer: .surveyAnswer
        }
    }
}

extension Notice: WireEnum {
    package var wire: WireNotice {
        switch self {
        case .queueFull: .queueFull
        case .queueClosed: .queueClosed
        case .callbackOffered: .callbackOffered
        }
    }
}

extension RejectionCode: WireEnum {
    package var wire: WireRejectionCode {
        switch self {
        case .unknownAgent: .unknownAgent
        case .unknownOffer: .unknownOffer
        case .unknownWorkItem: .unknownWorkItem
        case .unknownQueue: .unknownQueue
        case .notYourOffer: .notYourOffer
        case .notYourWorkItem: .notYourWorkItem
        case .offerTaken: .offerTaken
        case .offerExpired: .offerExpired
        case .offerRevoked: .offerRevoked
        case .workItemClosed: .workItemClosed
        case .wrongState: .wrongState
        case .overCapacity: .overCapacity
        case .noReplyAddress: .noReplyAddress
        case .commandReused: .commandReused
        case .limitReached: .limitReached
        case .unknownBreakReason: .unknownBreakReason
        case .versionChanged: .versionChanged
        case .notQualified: .notQualified
        case .agentUnavailable: .agentUnavailable
        case .priorityNotRaised: .priorityNotRaised
        case .unknownAccount: .unknownAccount
        }
    }
}

extension ConversationStarted.Refusal: WireEnum {
    package var wire: WireConversationStarted.Refusal {
        switch self {
        case .noConsent: .noConsent
        case .alreadyOpen: .alreadyOpen
        }
    }
}
