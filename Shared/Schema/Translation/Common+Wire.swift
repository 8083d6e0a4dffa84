package import Domain
import SwiftProtobuf

extension Identifier: WireValue {
    package var wire: WireIdentifier {
        .with {
            $0.kind = kind.wire
            $0.value = value
        }
    }

    package init(wire: WireIdentifier) throws(WireError) {
        guard !wire.value.isEmpty else { throw .missing("value", "an address") }
        self.init(kind: try .required("kind", wire.kind), value: wire.value)
    }
}

extension Address: WireValue {
    package var wire: WireAddress {
        .with {
            $0.channel = channel.wire
            $0.accountID = account.rawValue
            $0.identifier = identifier.wire
        }
    }

    package init(wire: WireAddress) throws(WireError) {
        self.init(
            channel: try .required("channel", wire.channel),
            account: try .required("account_id", wire.accountID),
            identifier: try .required("identifier", wire.hasIdentifier ? wire.identifier : nil))
    }
}

extension Requirement: WireValue {
    package var wire: WireRequirement {
        .with {
            $0.skillID = skill.rawValue
            $0.level = level.wire
            $0.nice = isNice
        }
    }

    package init(wire: WireRequirement) throws(WireError) {
        self.init(skill: try .required("skill_id", wire.skillID), level: Int(wire.level), isNice: wire.nice)
    }
}
