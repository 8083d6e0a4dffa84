import Domain
import OrderedCollections

/// An organization as its files describe it: checked, but its business hours not yet compiled.
struct Organization {
    /// Without calendars and revision.
    var configuration = Configuration(revision: 0)
    var hours: OrderedDictionary<PolicyID, BusinessHours> = [:]

    /// Reads files as one organization: each entry stands in one of them.
    /// - Throws: `ConfigurationProblems` with everything that is wrong.
    init(files: [(name: String, text: String)]) throws(ConfigurationProblems) {
        var reader = OrganizationReader()
        for file in files { reader.read(file.text, file: file.name) }
        reader.checkReferences()
        if reader.yaml.problems.isEmpty { reader.prove() }
        guard reader.yaml.problems.isEmpty else { throw ConfigurationProblems(problems: reader.yaml.problems) }
        self = reader.organization
    }

    init() {}

    /// The entries to be applied, with calendars compiled for the time around `now`.
    ///
    /// The compiled stretch begins and ends with months, so that applying the same files again changes nothing
    /// within a month.
    /// - Throws: `ConfigurationProblems` for hours that no calendar can be made of.
    func entries(now: Instant) throws(ConfigurationProblems) -> [ConfigurationEntry] {
        try compiled(now: now).entries
    }

    /// The configuration with its calendars.
    /// - Throws: as `entries(now:)`.
    func compiled(now: Instant) throws(ConfigurationProblems) -> Configuration {
        var configuration = configuration
        for (id, hours) in hours {
            do {
                let range = Self.compiledRange(around: now)
                configuration.calendars[id] = try hours.compile(id: id, from: range.start, to: range.end)
            } catch {
                throw ConfigurationProblems(problems: [
                    ConfigurationProblem(
                        file: "calendars", line: nil, path: "calendars.\(id)", found: "\(error)",
                        expected: "hours that are open at some time")
                ])
            }
        }
        return configuration
    }

    /// From thirteen months before, since what a running clock has counted is computed from the present calendar, to
    /// the thirteenth month after.
    static func compiledRange(around now: Instant) -> (start: Instant, end: Instant) {
        func monthStart(_ offset: Int) -> Instant {
            let text = now.rfc3339
            let year = Int(text.prefix(4)) ?? 1970
            let month = Int(text.dropFirst(5).prefix(2)) ?? 1
            let count = year * 12 + month - 1 + offset
            let name = String(count % 12 + 1)
            return Instant(rfc3339: "\(count / 12)-\(name.count < 2 ? "0" : "")\(name)-01T00:00:00Z") ?? now
        }
        return (monthStart(-13), monthStart(14))
    }
}
