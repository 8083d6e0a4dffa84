import Domain
import OrderedCollections
import RouterPlanning

// Who works when: agents of the organization by their names, and as many others as are wanted.
extension PlanningFile {
    mutating func readStaffing(_ place: YAMLPlace) {
        // Who is in the organization but not in the model does not work.
        let known = model.configuration.agents
        model.configuration.agents = [:]
        for (name, entry) in yaml.mapping(place)?.values ?? [:] {
            guard let name = yaml.name(name, at: entry),
                let fields = yaml.mapping(entry, keys: ["count", "pool", "profile", "skills", "shifts"])
            else { continue }
            let shifts = readShifts(fields)
            let members = fields["count"] == nil ? member(name, of: known, fields) : group(name, fields)
            for member in members {
                model.configuration.agents[member.id] = member
                model.staffing += shifts.map { Shift(agentID: member.id, start: $0.lowerBound, end: $0.upperBound) }
            }
        }
        guard model.configuration.agents.count > Self.agentsMax else { return }
        let found = "\(model.configuration.agents.count) agents"
        yaml.report(place.problem(found: found, expected: "at most \(Self.agentsMax)"))
    }

    private mutating func member(
        _ name: String, of known: OrderedDictionary<AgentID, Agent>, _ fields: YAMLMapping
    ) -> [Agent] {
        for key in ["pool", "profile", "skills"] {
            guard let place = fields[key] else { continue }
            yaml.report(
                place.problem(
                    found: "\"\(key)\" of one agent", expected: "a count too, or what the organization says of \(name)")
            )
        }
        guard check(name, at: fields.place, names: known.keys.map(\.rawValue), section: "agents") != nil else {
            return []
        }
        return known[AgentID(name)].map { [$0] } ?? []
    }

    private mutating func group(_ name: String, _ fields: YAMLMapping) -> [Agent] {
        let configuration = model.configuration
        let count = fields["count"].flatMap { yaml.integer($0, in: 0...Self.agentsMax) }
        let pool = reference("pool", in: fields, names: configuration.pools.keys.map(\.rawValue), section: "pools")
        let profile = reference(
            "profile", in: fields, names: configuration.profiles.keys.map(\.rawValue), section: "profiles")
        var skills: [Requirement] = []
        let names = configuration.skills.keys.map(\.rawValue)
        let levels = fields["skills"].flatMap { yaml.mapping($0)?.values }
        for (skill, value) in levels ?? [:] {
            guard check(skill, at: value, names: names, section: "skills") != nil,
                let level = yaml.integer(value, in: 1...10)
            else { continue }
            skills.append(Requirement(skill: SkillID(skill), level: level))
        }
        guard let count, let pool, let profile else { return [] }
        return (0..<count).map { number in
            let id = AgentID("\(name)-\(number + 1)")
            return Agent(
                id: id, name: id.rawValue, poolID: PoolID(pool), profileID: ProfileID(profile), skills: skills)
        }
    }

    /// All day where none are given.
    private mutating func readShifts(_ fields: YAMLMapping) -> [Range<Int>] {
        guard let place = fields["shifts"] else { return [0..<86_400] }
        var shifts: [Range<Int>] = []
        for item in yaml.list(place) ?? [] { shifts += spans(item.scalarText ?? "", at: item) }
        shifts.sort { $0.lowerBound < $1.lowerBound }
        for (earlier, later) in zip(shifts, shifts.dropFirst()) where later.lowerBound < earlier.upperBound {
            yaml.report(place.problem(found: "shifts that overlap", expected: "each hour once"))
        }
        return shifts
    }
}
