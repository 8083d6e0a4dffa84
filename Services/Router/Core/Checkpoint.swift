package import Domain
import OrderedCollections

/// What is stored of a router, one entity a key.
package enum RouterEntity: Hashable, Sendable {
    case workItem(WorkItem)
    case agent(AgentState)
    case queue(QueueState)
    case command(CommandRecord)
    case forwarding(Forwarding)
}

package enum RouterEntityKey: Hashable, Sendable {
    case workItem(WorkItemID)
    case agent(AgentID)
    case queue(QueueID)
    case command(CommandID)
    indirect case forwarding(Forwarding.Key)

    /// Without the general way of hashing: each change of an entity asks for this.
    package func _rawHashValue(seed: Int) -> Int {
        switch self {
        case .workItem(let id): id._rawHashValue(seed: seed)
        case .agent(let id): id._rawHashValue(seed: seed &+ 1)
        case .queue(let id): id._rawHashValue(seed: seed &+ 2)
        case .command(let id): id._rawHashValue(seed: seed &+ 3)
        case .forwarding(let key): key._rawHashValue(seed: seed &+ 4)
        }
    }
}

package struct RouterChange: Hashable, Sendable {
    package var key: RouterEntityKey
    /// Nil: it is gone.
    package var entity: RouterEntity?
}

extension RouterMachine {
    /// The entities that changed since the last call.
    package mutating func changes() -> [RouterChange] {
        defer { changed.removeAll() }
        return changed.map { RouterChange(key: $0, entity: entity($0)) }
    }

    private func entity(_ key: RouterEntityKey) -> RouterEntity? {
        switch key {
        case .workItem(let id): items[id].map(RouterEntity.workItem)
        case .agent(let id): agents[id].map(RouterEntity.agent)
        case .queue(let id): queues[id].map(RouterEntity.queue)
        case .command(let id): commands[id].map(RouterEntity.command)
        case .forwarding(let key): forwardings[key].map(RouterEntity.forwarding)
        }
    }

    /// Puts back the configuration in force; comes before the entities.
    package mutating func restore(_ configuration: Configuration) {
        install(configuration)
    }

    /// Puts back one entity, in any order. Nothing is put out and nothing matched: when it was stored, nothing was
    /// left to match.
    package mutating func restore(_ entity: RouterEntity) {
        switch entity {
        case .workItem(let item):
            items[item.id] = item
            index(item)
            if item.stage.isQueued {
                enqueue(item.id, isFresh: false)
                if item.preferredUntil != nil { unsettled.append(item.id) }
                if rules(of: item.queueID) == nil { withoutRules[item.queueID, default: []].append(item.id) }
            }
            deadlines.set(.workItem(item.id), to: nextDeadline(of: item))
        case .agent(let agent):
            agents[agent.id] = agent
            pools[agent.poolID].agents.append(agent.id)
            refreshSupply(agent.id, isFresh: false)
            deadlines.set(.agent(agent.id), to: nextDeadline(of: agent))
        case .queue(let queue):
            // Its rules may decide about work items that were put back before: where they stand, and when they are due.
            let waiting = (withoutRules.removeValue(forKey: queue.id) ?? []).compactMap { items[$0] }
            for item in waiting { dequeue(item.id) }
            queues[queue.id] = queue
            installRetiredRules(of: queue.id)
            for item in waiting {
                enqueue(item.id, isFresh: false)
                deadlines.set(.workItem(item.id), to: nextDeadline(of: item))
            }
        case .command(let command):
            commands[command.result.commandID] = command
            rememberedCommands.insert(Remembered(at: command.at, id: command.result.commandID))
        case .forwarding(let forwarding):
            forwardings[forwarding.key] = forwarding
            rememberedForwardings.insert(RememberedForwarding(at: forwarding.at, key: forwarding.key))
        }
    }

    /// Enters a work item into everything that is not stored, but for its line.
    mutating func index(_ item: WorkItem) {
        for past in item.pastOffers { offers[past.id] = item.id }
        for offer in item.liveOffers { offers[offer.id] = item.id }
        if let consultation = item.consultation { consulted[consultation.agentID, default: []].append(item.id) }
        if case .closed(_, _, let closedAt) = item.stage {
            closedItems.insert(Remembered(at: closedAt, id: item.id))
            return
        }
        pools[item.poolID].openCount += 1
        openPerQueue[item.queueID, default: 0] += 1
        conversations[item.conversationID, default: []].append(item.id)
    }
}
