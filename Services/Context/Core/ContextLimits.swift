/// The named bounds of context's working state, for one partition.
///
/// They are part of the rules: two binaries that differ here may decide differently, so they change with a rules
/// version and are no settings.
package struct ContextLimits: Sendable {
    /// How long a message id is remembered, so that a provider's repeat is recognized.
    package var messageMemory: Duration = .seconds(7 * 86_400)
    /// How many message ids are remembered; beyond it the oldest is forgotten early, and counted.
    package var messages: Int = 1_000_000
    /// How many messages wait for their account or queue to appear in the configuration; more are refused.
    package var waitingMessages: Int = 10_000
    /// Identifiers attached to one customer; one more is unlinked again.
    package var identifiersPerCustomer: Int = 64
    /// Identifiers taken from one profile; the rest is ignored, and counted.
    package var identifiersPerProfile: Int = 32
    /// Open work items of one conversation; a further call joins the last of them.
    package var workItemsPerConversation: Int = 16
    /// Surveys of one customer that wait for an answer; the oldest gives way.
    package var surveysPerCustomer: Int = 4
    /// A customer without open conversation, links and profile is forgotten after this long without a record.
    package var customerMemory: Duration = .seconds(90 * 86_400)
    /// Unicode scalars of a message that go to the router.
    package var excerptScalars: Int = 2_000
    /// Unicode scalars of a name.
    package var nameScalars: Int = 200

    package init() {}
}

/// What the rules counted since the process started; for metrics, not part of the state.
package struct ContextCounters: Hashable, Sendable {
    package var opened: Int = 0
    package var continued: Int = 0
    package var surveyAnswers: Int = 0
    package var forwarded: Int = 0
    package var repeatsDropped: Int = 0
    package var linked: Int = 0
    package var unlinked: Int = 0
    /// Evidence for another customer than the one that the identifier is linked to: the first link stays.
    package var linkConflicts: Int = 0
    /// Links that were cut because they led back to where they started.
    package var linkCycles: Int = 0
    /// Messages that had to wait for the configuration.
    package var waited: Int = 0
    /// Message ids forgotten before their time.
    package var forgottenEarly: Int = 0
    /// Identifiers beyond a limit.
    package var identifiersRefused: Int = 0

    package init() {}

    package static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.opened += right.opened
        sum.continued += right.continued
        sum.surveyAnswers += right.surveyAnswers
        sum.forwarded += right.forwarded
        sum.repeatsDropped += right.repeatsDropped
        sum.linked += right.linked
        sum.unlinked += right.unlinked
        sum.linkConflicts += right.linkConflicts
        sum.linkCycles += right.linkCycles
        sum.waited += right.waited
        sum.forgottenEarly += right.forgottenEarly
        sum.identifiersRefused += right.identifiersRefused
        return sum
    }
}
