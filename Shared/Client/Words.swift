/// A word that Patchbay says, of a set that may grow: a client must not fail over one that it does not know yet.
public protocol Word: RawRepresentable<String>, Hashable, Sendable, Codable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    init(rawValue: String)
}

extension Word {
    public init(stringLiteral text: String) { self.init(rawValue: text) }
    public var description: String { rawValue }
}

/// How an agent is present.
public struct Presence: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Takes offers.
    public static let available: Presence = "available"
    /// Keeps assignments, takes no offers.
    public static let away: Presence = "away"
    /// Gone: offers are revoked at once, assignments after the grace time.
    public static let offline: Presence = "offline"
}

/// Over what customers write.
public struct ChannelKind: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let email: ChannelKind = "email"
    public static let chat: ChannelKind = "chat"
    public static let sms: ChannelKind = "sms"
    public static let whatsapp: ChannelKind = "whatsapp"
    public static let social: ChannelKind = "social"
    public static let voice: ChannelKind = "voice"
    public static let forum: ChannelKind = "forum"
}

/// Where a work item is between opened and closed.
public struct WorkItemState: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let queued: WorkItemState = "queued"
    public static let offered: WorkItemState = "offered"
    public static let assigned: WorkItemState = "assigned"
    public static let parked: WorkItemState = "parked"
    /// Comes back at a time: a callback.
    public static let scheduled: WorkItemState = "scheduled"
    public static let wrapUp: WorkItemState = "wrap-up"
    public static let closed: WorkItemState = "closed"
}

/// Whether an agent is on shift.
public struct Shift: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let on: Shift = "on"
    /// Over; what is assigned is finished.
    public static let draining: Shift = "draining"
    public static let off: Shift = "off"
}

/// How a work item that an agent has takes their capacity.
public struct Activity: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let active: Activity = "active"
    /// Neither side has written for a while.
    public static let idle: Activity = "idle"
    /// Active again, while there is no room for its whole weight.
    public static let returning: Activity = "returning"
    public static let parked: Activity = "parked"
}
