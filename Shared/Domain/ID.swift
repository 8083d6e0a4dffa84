internal import Crypto

/// The name of one entity of one kind: a customer's cannot be passed where an agent's is meant.
package struct ID<Kind>: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    /// A name-based id: the same parts give the same id on every machine and in every run.
    ///
    /// The parts are joined with a unit separator, so `("a", "bc")` and `("ab", "c")` differ.
    /// - Source: RFC 9562, section 5.5 (UUID version 5).
    package static func derived(from parts: String...) -> ID {
        ID(nameBasedUUID(parts.joined(separator: "\u{1F}")))
    }

    package static func < (left: ID, right: ID) -> Bool {
        left.rawValue < right.rawValue
    }

    package var description: String { rawValue }
}

/// Kinds of entities, one for each id type.
package enum Entity {
    package enum Agent: Sendable {}
    package enum ChannelAccount: Sendable {}
    package enum Command: Sendable {}
    package enum Conversation: Sendable {}
    package enum Customer: Sendable {}
    package enum Message: Sendable {}
    package enum Offer: Sendable {}
    package enum Policy: Sendable {}
    package enum Pool: Sendable {}
    package enum Profile: Sendable {}
    package enum Queue: Sendable {}
    package enum Skill: Sendable {}
    package enum Survey: Sendable {}
    package enum WorkItem: Sendable {}
}

package typealias AgentID = ID<Entity.Agent>
package typealias ChannelAccountID = ID<Entity.ChannelAccount>
package typealias CommandID = ID<Entity.Command>
package typealias ConversationID = ID<Entity.Conversation>
package typealias CustomerID = ID<Entity.Customer>
package typealias MessageID = ID<Entity.Message>
package typealias OfferID = ID<Entity.Offer>
package typealias PolicyID = ID<Entity.Policy>
package typealias PoolID = ID<Entity.Pool>
package typealias ProfileID = ID<Entity.Profile>
package typealias QueueID = ID<Entity.Queue>
package typealias SkillID = ID<Entity.Skill>
package typealias SurveyID = ID<Entity.Survey>
package typealias WorkItemID = ID<Entity.WorkItem>

/// Patchbay's namespace for name-based ids. Changing it would rename every customer.
private let namespace: [UInt8] = [
    0x6e, 0x1b, 0x0a, 0x52, 0x0f, 0x6c, 0x5c, 0x1d, 0x9b, 0x57, 0x70, 0x61, 0x74, 0x63, 0x68, 0x62,
]

private func nameBasedUUID(_ name: String) -> String {
    var hash = Insecure.SHA1()
    hash.update(data: namespace)
    hash.update(data: Array(name.utf8))
    var bytes = Array(hash.finalize().prefix(16))
    bytes[6] = (bytes[6] & 0x0f) | 0x50
    bytes[8] = (bytes[8] & 0x3f) | 0x80
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for (index, byte) in bytes.enumerated() {
        if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}
