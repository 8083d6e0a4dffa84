import Domain
import OrderedCollections

/// Turns the sections of an organization's files into configuration entries.
///
/// Names that refer to other entries are collected on the way and checked at the end, since sections may come in any
/// order and in several files.
struct OrganizationReader {
    var yaml = YAMLReader()
    var organization = Organization()
    private var references: [Reference] = []
    /// Where each entry stands, by section and name.
    private var places: [[String]: YAMLPlace] = [:]

    /// A name that must be an entry of a section.
    private struct Reference {
        var place: YAMLPlace
        var section: Section
        var name: String
    }

    /// The sections of a file, by their keys.
    enum Section: String, CaseIterable {
        case pools, skills, profiles, calendars
        case routingPolicies = "routing-policies"
        case slaPolicies = "sla-policies"
        case queues, agents, accounts
    }

    /// Bounds of an organization: `patchbay.config` is held in memory by every service.
    static let entriesMax = 20_000

    mutating func read(_ text: String, file: String) {
        guard let top = yaml.document(text, file: file),
            let sections = yaml.mapping(top, keys: Section.allCases.map(\.rawValue))
        else { return }
        for section in Section.allCases {
            guard let place = sections[section.rawValue], let entries = yaml.mapping(place) else { continue }
            // Kept beside the entries: an organization is large, and each of its names is looked for.
            var names = names(in: section)
            for (name, entry) in entries.values {
                guard let name = yaml.name(name, at: entry) else { continue }
                if names.contains(name) {
                    yaml.report(entry.problem(found: "\"\(name)\" a second time", expected: "one entry of this name"))
                } else if names.count >= Self.entriesMax {
                    yaml.report(entry.problem(found: "one more", expected: "at most \(Self.entriesMax) entries"))
                } else {
                    readEntry(name, entry, of: section)
                    places[[section.rawValue, name]] = entry
                    names.append(name)
                }
            }
        }
    }

    mutating func checkReferences() {
        let namesBySection = Dictionary(uniqueKeysWithValues: Section.allCases.map { ($0, names(in: $0)) })
        for reference in references {
            let names = namesBySection[reference.section] ?? []
            guard !names.contains(reference.name) else { continue }
            let hint = nearest(to: reference.name, of: names).map { ": did you mean \"\($0)\"?" } ?? ""
            yaml.report(
                reference.place.problem(
                    found: "\"\(reference.name)\"",
                    expected: "the name of an entry in \(reference.section.rawValue)\(hint)"))
        }
        references = []
    }

    /// Looks for what cannot work though every entry is right by itself.
    mutating func prove() {
        for finding in ConfigurationProof(of: organization.configuration).findings {
            let entry = Array(finding.path.prefix(2))
            let line = places[entry]?.line(of: finding.path.dropFirst(2))
            yaml.report(
                ConfigurationProblem(
                    file: places[entry]?.file ?? "", line: line, path: finding.path.joined(separator: "."),
                    found: finding.found, expected: finding.expected))
        }
    }

    private func names(in section: Section) -> OrderedSet<String> {
        let configuration = organization.configuration
        return switch section {
        case .pools: OrderedSet(configuration.pools.keys.map(\.rawValue))
        case .skills: OrderedSet(configuration.skills.keys.map(\.rawValue))
        case .profiles: OrderedSet(configuration.profiles.keys.map(\.rawValue))
        case .calendars: OrderedSet(organization.hours.keys.map(\.rawValue))
        case .routingPolicies: OrderedSet(configuration.routingPolicies.keys.map(\.rawValue))
        case .slaPolicies: OrderedSet(configuration.slaPolicies.keys.map(\.rawValue))
        case .queues: OrderedSet(configuration.queues.keys.map(\.rawValue))
        case .agents: OrderedSet(configuration.agents.keys.map(\.rawValue))
        case .accounts: OrderedSet(configuration.accounts.keys.map(\.rawValue))
        }
    }
}

// MARK: Values that several sections share

extension OrganizationReader {
    /// The name of an entry elsewhere.
    mutating func reference(_ key: String, in mapping: YAMLMapping, to section: Section) -> String? {
        guard let place = yaml.required(key, in: mapping, expected: "the name of an entry in \(section.rawValue)")
        else { return nil }
        return reference(place, to: section)
    }

    mutating func reference(_ place: YAMLPlace, to section: Section) -> String? {
        guard let name = yaml.text(place, bytesMax: 64, expected: "a name") else { return nil }
        noteReference(name, at: place, to: section)
        return name
    }

    /// Checked when all files have been read.
    mutating func noteReference(_ name: String, at place: YAMLPlace, to section: Section) {
        references.append(Reference(place: place, section: section, name: name))
    }

    /// `{french: 6, billing: 3}`: skills with their levels.
    mutating func skillLevels(_ place: YAMLPlace) -> [Requirement] {
        guard let mapping = yaml.mapping(place) else { return [] }
        var requirements: [Requirement] = []
        for (name, value) in mapping.values {
            noteReference(name, at: value, to: .skills)
            guard let level = yaml.integer(value, in: 1...10) else { continue }
            requirements.append(Requirement(skill: SkillID(name), level: level))
        }
        return requirements
    }

    /// `[sales, support]`: names of entries elsewhere.
    mutating func names(_ key: String, in mapping: YAMLMapping, to section: Section) -> [String] {
        (mapping[key].flatMap { yaml.list($0) } ?? []).compactMap { reference($0, to: section) }
    }

    mutating func optionalSeconds(_ key: String, in mapping: YAMLMapping, _ range: ClosedRange<Int>) -> Int? {
        mapping[key].flatMap { yaml.seconds($0, in: range) }
    }

    mutating func optionalInteger(_ key: String, in mapping: YAMLMapping, _ range: ClosedRange<Int>) -> Int? {
        mapping[key].flatMap { yaml.integer($0, in: range) }
    }

    mutating func entryName(_ mapping: YAMLMapping, fallback: String) -> String {
        guard let place = mapping["name"] else { return fallback }
        return yaml.text(place, bytesMax: 200, expected: "a name") ?? fallback
    }

    mutating func seconds(_ key: String, in mapping: YAMLMapping, _ range: ClosedRange<Int>, default: Int) -> Int {
        guard let place = mapping[key] else { return `default` }
        return yaml.seconds(place, in: range) ?? `default`
    }

    mutating func integer(_ key: String, in mapping: YAMLMapping, _ range: ClosedRange<Int>, default: Int) -> Int {
        guard let place = mapping[key] else { return `default` }
        return yaml.integer(place, in: range) ?? `default`
    }
}
