/// What the router keeps at most, so that no customer, agent or configuration can make it grow without end.
package enum RouterLimits {
    /// Open work items in one pool. One more is opened and closed at once with the disposition `limit-reached`:
    /// the message stays in the timeline, the event says what happened, and nothing is lost silently.
    ///
    /// Each takes about a kilobyte of memory and as much of the state topic, so a full pool takes 100 MB.
    package static let openWorkItemsPerPoolMax = 100_000
    /// Closed work items kept in one partition, for late messages, surveys and reads.
    package static let closedWorkItemsMax = 10_000
    package static let closedWorkItemSeconds = 86_400
    /// Results of commands kept in one partition, for repeats.
    package static let commandResultsMax = 50_000
    package static let commandResultSeconds = 86_400
    /// Messages of a work item whose excerpts are kept; repeats of these are recognized.
    package static let messagesPerWorkItemMax = 50
    package static let excerptCharactersMax = 2_000
    /// Offers of a work item that are remembered after their end.
    package static let pastOffersPerWorkItemMax = 16
    /// Agents who are asked at the same time.
    package static let parallelOffersMax = 10
    package static let ownersPerWorkItemMax = 32
    /// Agents whom a work item avoids for a while; the cooldown that ends first makes room.
    package static let cooldownsPerWorkItemMax = 64
    package static let replyBytesMax = 65_536
    package static let noteBytesMax = 16_384
    package static let mentionsPerNoteMax = 8
    /// Mentions kept for an agent, the latest, each with the beginning of its note.
    package static let mentionsPerAgentMax = 20
    package static let mentionCharactersMax = 280
    /// Work items on which an agent is consulted at the same time.
    package static let consultationsPerAgentMax = 8
    package static let priorityMax = 10
    /// Reasons and dispositions.
    package static let reasonBytesMax = 512
    /// Of parking, and of a callback's time ahead.
    package static let parkSecondsMax = 30 * 86_400
    /// How long a callback that is kept for an agent waits for them, if the policy says less.
    package static let callbackPatienceSeconds = 300
    /// Sets of requirements that are kept in mind though nobody waits with them.
    package static let emptyDemandsMax = 4_096
    /// Agents who are counted as eligible for one work item.
    package static let countedAgentsMax = 100
    /// How often one work item goes from pool to pool.
    package static let handOversPerWorkItemMax = 8
    /// Forwardings kept in one partition, for what still arrives; as long as anything is parked or promised.
    package static let forwardingsMax = 100_000
    package static let forwardingSeconds = 30 * 86_400
    package static let expectedWaitSecondsMax = 7 * 86_400
    /// Of fewer observations only the mean is believed.
    package static let observationsMin = 16
    /// With more sets of requirements waiting in a pool, an expected wait looks at its own alone.
    package static let comparedDemandsMax = 16
    /// Waiting work items named in the view of a queue.
    package static let placesShownMax = 50
    /// Agents listed for one work item.
    package static let explainedCandidatesMax = 200
    /// Agents named in an explanation.
    package static let explainedAgentsMax = 5
}
