import Domain
import Schema

/// What a new revision changes.
struct ConfigurationChanges: Sendable {
    /// The number of the new revision.
    var revision: Int64
    var added: [ConfigurationEntry] = []
    var changed: [ConfigurationEntry] = []
    /// Keys.
    var removed: [String] = []

    var isEmpty: Bool { added.isEmpty && changed.isEmpty && removed.isEmpty }

    /// - Throws: `ConfigurationProblems` for a step that the services cannot take.
    init(from applied: ConfigurationStore.Applied, to entries: [ConfigurationEntry]) throws(ConfigurationProblems) {
        revision = applied.revision + 1
        var problems: [ConfigurationProblem] = []
        for entry in entries {
            guard let old = applied.entries[entry.key] else {
                if applied.unreadable.contains(entry.key) { changed.append(entry) } else { added.append(entry) }
                continue
            }
            guard old != entry else { continue }
            changed.append(entry)
            if let problem = Self.refusal(of: entry, after: old) { problems.append(problem) }
        }
        let kept = Set(entries.map(\.key))
        removed = applied.unreadable.union(applied.entries.keys).subtracting(kept).sorted()
        guard problems.isEmpty else { throw ConfigurationProblems(problems: problems) }
    }

    /// One record of `patchbay.config`.
    struct Record: Hashable, Sendable {
        var key: String
        var type: String
        var value: [UInt8]?
    }

    /// In the order in which they are written: the marker that ends the revision comes last.
    var records: [Record] {
        let written = (added + changed).map { Record(key: $0.key, type: $0.type, value: $0.encoded()) }
        let gone = removed.map { Record(key: $0, type: "patchbay.config.removed.v1", value: nil) }
        let marker = Record(
            key: ConfigurationEntry.revisionKey, type: "patchbay.config.revision.v1",
            value: Array(String(revision).utf8))
        return written + gone + [marker]
    }

    /// One line for each entry.
    var summary: [String] {
        added.map { "+ \($0.key)" } + changed.map { "~ \($0.key)" } + removed.map { "- \($0)" }
    }

    /// Work belongs to a pool's log, and nothing carries it over: such a move takes two steps.
    private static func refusal(of new: ConfigurationEntry, after old: ConfigurationEntry) -> ConfigurationProblem? {
        func problem(_ section: String, _ name: String, from: PoolID, to: PoolID, _ advice: String)
            -> ConfigurationProblem
        {
            ConfigurationProblem(
                file: "applied configuration", line: nil, path: "\(section).\(name).pool", found: "\"\(to)\"",
                expected: "\"\(from)\", where the work is: \(advice)")
        }
        switch (old, new) {
        case (.agent(let old), .agent(let new)) where old.poolID != new.poolID:
            return problem(
                "agents", new.id.rawValue, from: old.poolID, to: new.poolID,
                "take the agent out and apply, then put the agent into \"\(new.poolID)\" and apply again")
        case (.queue(let old), .queue(let new)) where old.poolID != new.poolID:
            return problem(
                "queues", new.id.rawValue, from: old.poolID, to: new.poolID,
                "add a queue of another name in \"\(new.poolID)\" and lead the accounts to it")
        default: return nil
        }
    }
}
