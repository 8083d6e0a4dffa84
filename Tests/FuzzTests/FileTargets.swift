import Domain
import Foundation
import Logging
import Schema
import ServiceKit
import TestSupport

@testable import ContextApp
@testable import PatchbayCLI

// Files of an organization, and words that somebody searches for.

extension FuzzTarget {
    static let files: [FuzzTarget] = [
        FuzzTarget(
            name: "organization",
            corpus: [
                (try? Array(
                    Data(
                        contentsOf: repositoryRoot.appending(path: "Services/Patchbay/Journey/organization.yaml"))))
                    ?? [],
                Array(
                    """
                    pools: { support: {} }
                    calendars: { office: { time-zone: Europe/Paris, hours: { mon-fri: ["09:00-12:00", "13:00-18:00"] } } }
                    """.utf8), Array("a: &a [*a, *a]\nb: !!binary x\n? [c]\n: d\n".utf8),
            ],
            dictionary: [
                "- ", ": ", "&a ", "*a", "|\n", "!!", "24:00", "Europe/Paris", "<<: ", "\t", "{", "[", "---\n",
            ],
            share: 0.03
        ) { bytes in
            guard let organization = try? Organization(files: [("fuzz.yaml", bytes.text)]) else { return }
            _ = try? organization.entries(now: Instant(milliseconds: 1_800_000_000_000))
        },
        FuzzTarget(
            name: "search",
            corpus: texts("remboursement commande", "\"quoted\" AND NOT near(", "a* OR b^2 {col} : x", "é\u{301} ß"),
            dictionary: ["\"", "*", "NEAR", "AND", "(", ")", ":", "^", "-", "\u{0}"], share: 0.03
        ) { bytes in
            _ = try await SearchStore.store.read { reader in
                try reader.search(SearchWords(bytes.text), after: nil, limit: 5).entries.count
            }
        },
    ]
}

/// A timeline with nothing in it, whose search must take any words all the same.
private enum SearchStore {
    static let store: TimelineStore = {
        do {
            let folder = try makeTemporaryFolder("fuzz")
            return try TimelineStore(
                directory: folder.path, prefix: "fuzz", logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })
        } catch {
            preconditionFailure("\(error)")
        }
    }()
}
