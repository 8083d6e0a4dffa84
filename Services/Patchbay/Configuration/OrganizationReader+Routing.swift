import Domain
import OrderedCollections

/// How work finds its agent: pools, routing profiles, queues, routing policies.
extension OrganizationReader {
    mutating func readPool(_ name: String, _ place: YAMLPlace) {
        let keys = ["name", "order", "slack-unit", "maximum-wait", "break-reasons"]
        guard let mapping = yaml.mapping(place, keys: keys) else { return }
        var pool = Pool(id: PoolID(name), name: entryName(mapping, fallback: name))
        pool.order = mapping["order"].flatMap { yaml.oneOf($0, Pool.Order.self) } ?? .priority
        pool.slackUnitSeconds = seconds("slack-unit", in: mapping, 1...86_400, default: 60)
        pool.maximumWaitSeconds = optionalSeconds("maximum-wait", in: mapping, 1...31_536_000)
        pool.breakReasons = (mapping["break-reasons"].flatMap { yaml.list($0) } ?? []).compactMap {
            yaml.text($0, bytesMax: 64)
        }
        organization.configuration.pools[pool.id] = pool
    }

    mutating func readProfile(_ name: String, _ place: YAMLPlace) {
        let keys = [
            "capacity", "weights", "default-weight", "maxima", "interrupts", "idle-after", "idle-weight",
            "parked-weight", "occupancy", "missed-offers", "mode", "queues", "presence-lease", "grace",
        ]
        guard let mapping = yaml.mapping(place, keys: keys) else { return }
        let capacity = yaml.required("capacity", in: mapping, expected: "a whole number")
        var profile = RoutingProfile(
            id: ProfileID(name), capacity: capacity.flatMap { yaml.integer($0, in: 1...1000) } ?? 1)
        profile.weights = byChannel("weights", in: mapping) { yaml, value in yaml.integer(value, in: 1...1000) }
        profile.defaultWeight = integer("default-weight", in: mapping, 1...1000, default: 1)
        profile.channelMaxima = byChannel("maxima", in: mapping) { yaml, value in yaml.integer(value, in: 1...1000) }
        profile.interruptions = byChannel("interrupts", in: mapping) { yaml, value in
            var channels: [ChannelKind] = []
            for item in yaml.list(value) ?? [] {
                if let channel = yaml.oneOf(item, ChannelKind.self) { channels.append(channel) }
            }
            return channels
        }
        profile.idleAfterSeconds = optionalSeconds("idle-after", in: mapping, 1...86_400)
        profile.idleWeightPercent = mapping["idle-weight"].flatMap { yaml.percent($0, in: 0...100) } ?? 100
        profile.parkedWeightPercent = mapping["parked-weight"].flatMap { yaml.percent($0, in: 0...100) } ?? 0
        profile.occupancyGuard = mapping["occupancy"].flatMap { readOccupancyGuard($0) }
        profile.missedOffersMax = optionalInteger("missed-offers", in: mapping, 1...100)
        profile.mode = mapping["mode"].flatMap { yaml.oneOf($0, RoutingProfile.Mode.self) } ?? .push
        profile.queues = names("queues", in: mapping, to: .queues).map { QueueID($0) }
        profile.presenceLeaseSeconds = seconds("presence-lease", in: mapping, 10...86_400, default: 120)
        profile.graceSeconds = seconds("grace", in: mapping, 0...86_400, default: 60)
        organization.configuration.profiles[profile.id] = profile
    }

    private mutating func readOccupancyGuard(_ place: YAMLPlace) -> RoutingProfile.OccupancyGuard? {
        guard let fields = yaml.mapping(place, keys: ["most", "window", "air"]),
            let most = yaml.required("most", in: fields, expected: "a share such as 85%"),
            let percentMax = yaml.percent(most, in: 1...100)
        else { return nil }
        return .init(
            percentMax: percentMax, windowSeconds: seconds("window", in: fields, 60...86_400, default: 3_600),
            airSeconds: seconds("air", in: fields, 1...86_400, default: 120))
    }

    /// `{voice: 3, email: 1}`: something for each channel.
    private mutating func byChannel<Value>(
        _ key: String, in mapping: YAMLMapping, _ read: (inout YAMLReader, YAMLPlace) -> Value?
    ) -> OrderedDictionary<ChannelKind, Value> {
        let fields = mapping[key].flatMap { yaml.mapping($0, keys: ChannelKind.allCases.map(\.rawValue)) }
        var values: OrderedDictionary<ChannelKind, Value> = [:]
        for (name, place) in fields?.values ?? [:] {
            guard let channel = ChannelKind(rawValue: name), let value = read(&yaml, place) else { continue }
            values[channel] = value
        }
        return values
    }

    mutating func readRoutingPolicy(_ name: String, _ place: YAMLPlace) {
        let keys = [
            "offer", "decline-cooldown", "wrap-up", "preferred-agent", "expected-handle", "choice", "parallel-offers",
            "reopen-within", "steps",
        ]
        guard let mapping = yaml.mapping(place, keys: keys) else { return }
        var policy = RoutingPolicy(id: PolicyID(name))
        policy.offerSeconds = seconds("offer", in: mapping, 1...3600, default: 30)
        policy.declineCooldownSeconds = seconds("decline-cooldown", in: mapping, 1...86_400, default: 60)
        policy.wrapUpSeconds = seconds("wrap-up", in: mapping, 0...86_400, default: 0)
        policy.preferredAgentSeconds = seconds("preferred-agent", in: mapping, 0...86_400, default: 0)
        policy.expectedHandleSeconds = seconds("expected-handle", in: mapping, 1...86_400, default: 300)
        policy.choice = mapping["choice"].flatMap { yaml.oneOf($0, RoutingPolicy.AgentChoice.self) } ?? .leastLoad
        policy.parallelOffers = integer("parallel-offers", in: mapping, 1...10, default: 1)
        policy.reopenSeconds = optionalSeconds("reopen-within", in: mapping, 0...31_536_000)
        for place in mapping["steps"].flatMap({ yaml.list($0) }) ?? [] {
            if let step = readStep(place, after: policy.steps.last) { policy.steps.append(step) }
        }
        organization.configuration.routingPolicies[policy.id] = policy
    }

    private mutating func readStep(_ place: YAMLPlace, after last: RoutingPolicy.Step?) -> RoutingPolicy.Step? {
        let keys = [
            "after", "lower-levels-by", "lower-skills", "drop-skills", "widen-to", "raise-priority-to", "overflow-to",
            "offer-callback",
        ]
        guard let fields = yaml.mapping(place, keys: keys),
            let after = yaml.required("after", in: fields, expected: "a time such as 60s"),
            let afterSeconds = yaml.seconds(after, in: 0...604_800)
        else { return nil }
        if let last, last.afterSeconds >= afterSeconds {
            yaml.report(after.problem(expected: "more than the \(last.afterSeconds)s of the step before"))
        }
        var step = RoutingPolicy.Step(afterSeconds: afterSeconds)
        step.lowerLevelsBy = integer("lower-levels-by", in: fields, 0...10, default: 0)
        for lowered in fields["lower-skills"].map({ skillLevels($0) }) ?? [] {
            step.lowerSkills[lowered.skill] = lowered.level
        }
        step.dropSkills = names("drop-skills", in: fields, to: .skills).map { SkillID($0) }
        step.widenTo = names("widen-to", in: fields, to: .queues).map { QueueID($0) }
        step.raisePriorityTo = optionalInteger("raise-priority-to", in: fields, 1...10)
        step.overflowTo = fields["overflow-to"].flatMap { reference($0, to: .queues) }.map { QueueID($0) }
        step.callbackText = fields["offer-callback"].flatMap { yaml.text($0) }
        return step
    }

    mutating func readQueue(_ name: String, _ place: YAMLPlace) {
        let keys = [
            "name", "pool", "routing-policy", "sla-policy", "priority", "requirements", "languages", "admission",
            "shadow-policy",
        ]
        guard let mapping = yaml.mapping(place, keys: keys) else { return }
        let pool = reference("pool", in: mapping, to: .pools)
        let routing = reference("routing-policy", in: mapping, to: .routingPolicies)
        let sla = reference("sla-policy", in: mapping, to: .slaPolicies)
        var queue = Queue(
            id: QueueID(name), name: entryName(mapping, fallback: name), poolID: PoolID(pool ?? ""),
            routingPolicyID: PolicyID(routing ?? ""), slaPolicyID: PolicyID(sla ?? ""))
        queue.priority = integer("priority", in: mapping, 1...10, default: 5)
        queue.requirements = mapping["requirements"].map { readRequirements($0) } ?? []
        queue.languages = mapping["languages"].map { readLanguages($0) } ?? [:]
        queue.admission = mapping["admission"].flatMap { readAdmission($0) }
        queue.shadowPolicyID = mapping["shadow-policy"].flatMap { reference($0, to: .routingPolicies) }
            .map { PolicyID($0) }
        organization.configuration.queues[queue.id] = queue
    }

    /// `{french: 6, billing: {level: 3, nice: true}}`.
    private mutating func readRequirements(_ place: YAMLPlace) -> [Requirement] {
        var requirements: [Requirement] = []
        for (name, value) in yaml.mapping(place)?.values ?? [:] {
            noteReference(name, at: value, to: .skills)
            var requirement = Requirement(skill: SkillID(name), level: 1)
            var level = value
            if value.scalarText == nil {
                guard let fields = yaml.mapping(value, keys: ["level", "nice"]),
                    let place = yaml.required("level", in: fields, expected: "a level from 1 to 10")
                else { continue }
                level = place
                requirement.isNice = fields["nice"].flatMap { yaml.boolean($0) } ?? false
            }
            guard let least = yaml.integer(level, in: 1...10) else { continue }
            requirement.level = least
            requirements.append(requirement)
        }
        return requirements
    }

    private mutating func readLanguages(_ place: YAMLPlace) -> OrderedDictionary<String, Requirement> {
        var languages: OrderedDictionary<String, Requirement> = [:]
        for (language, value) in yaml.mapping(place)?.values ?? [:] {
            guard (2...3).contains(language.utf8.count), language.allSatisfy({ ("a"..."z").contains($0) }) else {
                yaml.report(
                    value.problem(found: "\"\(language)\"", expected: "a language's primary subtag, such as fr"))
                continue
            }
            let required = readRequirements(value)
            if required.count == 1 {
                languages[language] = required[0]
            } else if required.count > 1 {
                yaml.report(value.problem(found: "\(required.count) skills", expected: "one skill with its level"))
            }
        }
        return languages
    }

    private mutating func readAdmission(_ place: YAMLPlace) -> Queue.Admission? {
        let keys = ["waiting-at-most", "expected-wait-at-most", "hours", "full-text", "closed-text"]
        guard let fields = yaml.mapping(place, keys: keys) else { return nil }
        var admission = Queue.Admission(fullText: "", closedText: "")
        admission.waitingMax = optionalInteger("waiting-at-most", in: fields, 1...100_000)
        admission.waitSecondsMax = optionalSeconds("expected-wait-at-most", in: fields, 1...604_800)
        admission.calendarID = fields["hours"].flatMap { reference($0, to: .calendars) }.map { PolicyID($0) }
        if admission.waitingMax != nil || admission.waitSecondsMax != nil {
            let text = yaml.required("full-text", in: fields, expected: "a text for who is not let in")
            admission.fullText = text.flatMap { yaml.text($0) } ?? ""
        }
        if admission.calendarID != nil {
            let text = yaml.required("closed-text", in: fields, expected: "a text for who writes outside the hours")
            admission.closedText = text.flatMap { yaml.text($0) } ?? ""
        }
        return admission
    }
}
