import Domain
import OrderedCollections

extension OrganizationReader {
    /// Reads one entry and puts it into the organization, unless something about it is wrong beyond use.
    mutating func readEntry(_ name: String, _ place: YAMLPlace, of section: Section) {
        switch section {
        case .pools: readPool(name, place)
        case .skills: readSkill(name, place)
        case .profiles: readProfile(name, place)
        case .calendars: readCalendar(name, place)
        case .routingPolicies: readRoutingPolicy(name, place)
        case .slaPolicies: readSLAPolicy(name, place)
        case .queues: readQueue(name, place)
        case .agents: readAgent(name, place)
        case .accounts: readAccount(name, place)
        }
    }

    private mutating func readPool(_ name: String, _ place: YAMLPlace) {
        guard let mapping = yaml.mapping(place, keys: ["name"]) else { return }
        organization.configuration.pools[PoolID(name)] =
            Pool(id: PoolID(name), name: entryName(mapping, fallback: name))
    }

    private mutating func readSkill(_ name: String, _ place: YAMLPlace) {
        guard let mapping = yaml.mapping(place, keys: ["name"]) else { return }
        organization.configuration.skills[SkillID(name)] =
            Skill(id: SkillID(name), name: entryName(mapping, fallback: name))
    }

    private mutating func readProfile(_ name: String, _ place: YAMLPlace) {
        let keys = ["capacity", "weights", "default-weight", "presence-lease", "grace"]
        guard let mapping = yaml.mapping(place, keys: keys) else { return }
        let capacity = yaml.required("capacity", in: mapping, expected: "a whole number")
        var profile = RoutingProfile(
            id: ProfileID(name), capacity: capacity.flatMap { yaml.integer($0, in: 1...1000) } ?? 1)
        profile.defaultWeight = integer("default-weight", in: mapping, 1...1000, default: 1)
        profile.presenceLeaseSeconds = seconds("presence-lease", in: mapping, 10...86_400, default: 120)
        profile.graceSeconds = seconds("grace", in: mapping, 0...86_400, default: 60)
        if let weights = mapping["weights"].flatMap({ yaml.mapping($0, keys: ChannelKind.allCases.map(\.rawValue)) }) {
            for (key, value) in weights.values {
                guard let channel = ChannelKind(rawValue: key), let weight = yaml.integer(value, in: 1...1000)
                else { continue }
                profile.weights[channel] = weight
            }
        }
        organization.configuration.profiles[profile.id] = profile
    }

    private mutating func readRoutingPolicy(_ name: String, _ place: YAMLPlace) {
        let keys = ["offer", "decline-cooldown", "wrap-up", "preferred-agent", "expected-handle", "steps"]
        guard let mapping = yaml.mapping(place, keys: keys) else { return }
        var policy = RoutingPolicy(id: PolicyID(name))
        policy.offerSeconds = seconds("offer", in: mapping, 1...3600, default: 30)
        policy.declineCooldownSeconds = seconds("decline-cooldown", in: mapping, 1...86_400, default: 60)
        policy.wrapUpSeconds = seconds("wrap-up", in: mapping, 0...86_400, default: 0)
        policy.preferredAgentSeconds = seconds("preferred-agent", in: mapping, 0...86_400, default: 0)
        policy.expectedHandleSeconds = seconds("expected-handle", in: mapping, 1...86_400, default: 300)
        for step in mapping["steps"].flatMap({ yaml.list($0) }) ?? [] {
            guard let fields = yaml.mapping(step, keys: ["after", "lower-levels-by", "drop-skills"]),
                let after = yaml.required("after", in: fields, expected: "a time such as 60s"),
                let afterSeconds = yaml.seconds(after, in: 0...604_800)
            else { continue }
            if let last = policy.steps.last, last.afterSeconds >= afterSeconds {
                yaml.report(after.problem(expected: "more than the \(last.afterSeconds)s of the step before"))
            }
            var parsed = RoutingPolicy.Step(afterSeconds: afterSeconds)
            parsed.lowerLevelsBy = integer("lower-levels-by", in: fields, 0...10, default: 0)
            let dropped = fields["drop-skills"].flatMap { yaml.list($0) } ?? []
            parsed.dropSkills = dropped.compactMap { reference($0, to: .skills).map { SkillID($0) } }
            policy.steps.append(parsed)
        }
        organization.configuration.routingPolicies[policy.id] = policy
    }

    private mutating func readQueue(_ name: String, _ place: YAMLPlace) {
        let keys = [
            "name", "pool", "routing-policy", "sla-policy", "priority", "requirements", "languages",
        ]
        guard let mapping = yaml.mapping(place, keys: keys) else { return }
        let pool = reference("pool", in: mapping, to: .pools)
        let routing = reference("routing-policy", in: mapping, to: .routingPolicies)
        let sla = reference("sla-policy", in: mapping, to: .slaPolicies)
        var queue = Queue(
            id: QueueID(name), name: entryName(mapping, fallback: name), poolID: PoolID(pool ?? ""),
            routingPolicyID: PolicyID(routing ?? ""), slaPolicyID: PolicyID(sla ?? ""))
        queue.priority = integer("priority", in: mapping, 1...10, default: 5)
        queue.requirements = mapping["requirements"].map { skillLevels($0) } ?? []
        let languages = mapping["languages"].flatMap { yaml.mapping($0)?.values }
        for (language, value) in languages ?? [:] {
            guard (2...3).contains(language.utf8.count), language.allSatisfy({ ("a"..."z").contains($0) }) else {
                yaml.report(
                    value.problem(found: "\"\(language)\"", expected: "a language's primary subtag, such as fr"))
                continue
            }
            let required = skillLevels(value)
            if required.count == 1 {
                queue.languages[language] = required[0]
            } else if required.count > 1 {
                yaml.report(value.problem(found: "\(required.count) skills", expected: "one skill with its level"))
            }
        }
        organization.configuration.queues[queue.id] = queue
    }

    private mutating func readAgent(_ name: String, _ place: YAMLPlace) {
        guard let mapping = yaml.mapping(place, keys: ["name", "pool", "profile", "skills"]) else { return }
        let pool = reference("pool", in: mapping, to: .pools)
        let profile = reference("profile", in: mapping, to: .profiles)
        organization.configuration.agents[AgentID(name)] = Agent(
            id: AgentID(name), name: entryName(mapping, fallback: name), poolID: PoolID(pool ?? ""),
            profileID: ProfileID(profile ?? ""), skills: mapping["skills"].map { skillLevels($0) } ?? [])
    }

    private mutating func readCalendar(_ name: String, _ place: YAMLPlace) {
        guard let mapping = yaml.mapping(place, keys: ["time-zone", "week", "exceptions"]),
            let zone = yaml.required("time-zone", in: mapping, expected: "an IANA time zone such as Europe/Paris"),
            let week = yaml.required("week", in: mapping, expected: "hours by day of the week")
        else { return }
        var hours = BusinessHours(timeZone: yaml.text(zone, bytesMax: 64) ?? "", week: [:])
        let days = yaml.mapping(week, keys: BusinessHours.Weekday.allCases.map(\.rawValue))?.values ?? [:]
        for (key, value) in days {
            guard let day = BusinessHours.Weekday(rawValue: key) else { continue }
            hours.week[day] = spans(value)
        }
        let exceptions = mapping["exceptions"].flatMap { yaml.mapping($0)?.values }
        for (key, value) in exceptions ?? [:] {
            do throws(BusinessHoursError) {
                hours.exceptions[try BusinessHours.LocalDate(key)] = spans(value)
            } catch {
                yaml.report(value.problem(found: "\"\(key)\"", expected: "a date such as 2026-12-25"))
            }
        }
        // Compiled once here so that a wrong time zone is reported at its place.
        do throws(BusinessHoursError) {
            let day = Instant(milliseconds: 1_767_225_600_000)
            _ = try hours.compile(id: PolicyID(name), from: day, to: day + .seconds(400 * 86_400))
            organization.hours[PolicyID(name)] = hours
        } catch {
            switch error {
            case .unknownTimeZone: yaml.report(zone.problem(expected: "an IANA time zone such as Europe/Paris"))
            case .neverOpen, .invalidSpan, .invalidDate:
                yaml.report(week.problem(found: "\(error)", expected: "hours that are open at some time"))
            }
        }
    }

    private mutating func spans(_ place: YAMLPlace) -> [BusinessHours.Span] {
        (yaml.list(place) ?? []).compactMap { item in
            do throws(BusinessHoursError) {
                return try BusinessHours.Span(item.scalarText ?? "")
            } catch {
                yaml.report(item.problem(expected: "a span of hours such as 09:00-17:30"))
                return nil
            }
        }
    }
}
