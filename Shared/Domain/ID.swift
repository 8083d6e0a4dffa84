internal import Crypto

/// The name of one entity of one kind: a customer's cannot be passed where an agent's is meant.
///
/// Most ids are UUIDs or short names, so a UUID in lower case and up to 15 bytes of ASCII take 16 bytes and no
/// allocation: comparing and hashing them costs a few instructions, and copying them touches no reference count.
///
/// Public, so that other modules' dictionaries compare ids without a call through a table.
///
/// - Ordering: that of the text.
@frozen public struct ID<Kind>: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public let form: IDForm

    @inlinable
    public init(rawValue: String) { form = IDForm(rawValue) }

    @inlinable
    public init(_ rawValue: String) { form = IDForm(rawValue) }

    @inlinable
    public init(form: IDForm) { self.form = form }

    @inlinable public var rawValue: String { form.text }

    /// A name-based id: the same parts give the same id on every machine and in every run.
    ///
    /// The parts are joined with a unit separator, so `("a", "bc")` and `("ab", "c")` differ. Only the last part may
    /// come from outside: a separator in another one would make it two. New ids are `named`.
    /// - Source: RFC 9562, section 5.5 (UUID version 5).
    package static func derived(from parts: String...) -> ID {
        var name: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if index > 0 { name.append(0x1F) }
            name.append(contentsOf: part.utf8)
        }
        return derived(fromName: name)
    }

    /// As `derived`, whatever is in the parts: each has its length in front of it.
    ///
    /// No id that is `derived` begins with a separator, so the two never give the same.
    package static func named(_ parts: String...) -> ID {
        var name: [UInt8] = [0x1F]
        for part in parts {
            name.append(contentsOf: String(part.utf8.count).utf8)
            name.append(UInt8(ascii: ":"))
            name.append(contentsOf: part.utf8)
        }
        return derived(fromName: name)
    }

    /// A name-based id of a name that is put together already.
    package static func derived(fromName name: [UInt8]) -> ID { ID(form: nameBasedUUID(name)) }

    @inlinable
    public static func == (left: ID, right: ID) -> Bool { left.form == right.form }

    @inlinable
    public static func < (left: ID, right: ID) -> Bool { left.form < right.form }

    @inlinable
    public func hash(into hasher: inout Hasher) { form.hash(into: &hasher) }

    /// `RawRepresentable` would make a text of each id to hash it.
    @inlinable
    public func _rawHashValue(seed: Int) -> Int { form._rawHashValue(seed: seed) }

    public var description: String { rawValue }
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

private func nameBasedUUID(_ name: [UInt8]) -> IDForm {
    var hash = Insecure.SHA1()
    hash.update(data: namespace)
    hash.update(data: name)
    let (high, low) = hash.finalize().withUnsafeBytes { digest in
        (
            UInt64(bigEndian: digest.loadUnaligned(as: UInt64.self)),
            UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
    }
    return .uuid(high & ~0xf000 | 0x5000, low & ~(0xc0 << 56) | 0x80 << 56)
}
