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

    private mutating func readSkill(_ name: String, _ place: YAMLPlace) {
        guard let mapping = yaml.mapping(place, keys: ["name"]) else { return }
        organization.configuration.skills[SkillID(name)] =
            Skill(id: SkillID(name), name: entryName(mapping, fallback: name))
    }

    private mutating func readAgent(_ name: String, _ place: YAMLPlace) {
        guard let mapping = yaml.mapping(place, keys: ["name", "pool", "profile", "skills", "shifts"]) else { return }
        let pool = reference("pool", in: mapping, to: .pools)
        let profile = reference("profile", in: mapping, to: .profiles)
        organization.configuration.agents[AgentID(name)] = Agent(
            id: AgentID(name), name: entryName(mapping, fallback: name), poolID: PoolID(pool ?? ""),
            profileID: ProfileID(profile ?? ""), skills: mapping["skills"].map { skillLevels($0) } ?? [],
            shiftCalendarID: mapping["shifts"].flatMap { reference($0, to: .calendars) }.map { PolicyID($0) })
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
