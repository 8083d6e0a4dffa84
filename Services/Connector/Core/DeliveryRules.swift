/// Every number that bounds or times deliveries.
package struct DeliveryRules: Hashable, Sendable {
    /// The wait after the first, second, … failed try; when they are used up, the message has failed.
    package var waits: [Duration] = [
        .seconds(5), .seconds(30), .seconds(120), .seconds(600), .seconds(1800), .seconds(3600), .seconds(7200),
    ]
    /// A provider that asks for a longer wait is not obeyed further than this.
    package var providerWaitMax: Duration = .seconds(6 * 3600)
    /// Messages of one conversation that wait or are being delivered; the next one fails at once.
    package var pendingPerConversationMax = 200
    /// Messages of the whole partition that wait or are being delivered.
    package var pendingMax = 50_000
    /// How long the id of a finished message is remembered, so that its repeat is dropped.
    package var rememberedFor: Duration = .seconds(24 * 3600)
    package var rememberedMax = 100_000

    package init() {}

    /// How long to wait after this many tries; nil when there are no more.
    func wait(afterTries tries: Int, providerAsksSeconds: Int?) -> Duration? {
        guard tries >= 1, tries <= waits.count else { return nil }
        guard let asked = providerAsksSeconds, asked > 0 else { return waits[tries - 1] }
        return max(waits[tries - 1], min(.seconds(asked), providerWaitMax))
    }
}

/// Why a message was given up before a provider said anything; the rest are the provider's own words.
package enum DeliveryFailure {
    package static let unknownAccount = "unknown-account"
    package static let nothingCanBeWritten = "account-cannot-be-written-to"
    package static let queueFull = "too-many-pending-messages"
}
