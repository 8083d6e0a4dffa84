import ArgumentParser
import Domain
import Foundation
import RouterCore
import RouterPlanning

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Prints each decision on a work item with everybody who was looked at.",
        discussion: """
            Reads the log of a pool from Kafka, or from a file that `patchbay replay --save` wrote, and applies it again. A \
            work item keeps who was chosen and how many were out for which reason; who they were follows from the log. \
            Nothing is sent anywhere.
            """)

    @OptionGroup var source: HistoryOptions
    @Argument(help: "The work item's id.") var workItem: String
    @Option(help: "Agents shown for each decision.") var agents = 50

    func validate() throws {
        guard (1...100_000).contains(agents) else {
            throw ValidationError("--agents is \(agents): expected 1 to 100000")
        }
    }

    func run() throws {
        var reader = HistoryReader()
        for record in try source.read() { try reader.read(record) }
        let findings = Replay.decisions(on: WorkItemID(workItem), in: reader.history)
        guard !findings.isEmpty else {
            throw ValidationError(
                "\(reader.recordCount) records hold no decision on a work item \(workItem): expected the id of one that was "
                    + "offered or pulled")
        }
        for line in Self.lines(findings, agentsMax: agents) { print(line) }
    }

    static func lines(_ findings: [Inquiry.Finding], agentsMax: Int) -> [String] {
        findings.enumerated().flatMap { index, finding in
            let shown = finding.candidates.prefix(agentsMax)
            let rows = PlanningTable.aligned(
                shown.map { candidate in
                    let mark = candidate.agentID == finding.agentID ? "*" : " "
                    return [mark, candidate.agentID.rawValue, candidate.verdict.code]
                }, leading: 3)
            let left = finding.candidates.count - shown.count
            return [
                "Decision \(index + 1) of \(findings.count), \(finding.at.rfc3339), queue \(finding.queueID): \(finding.agentID)"
            ] + zip(rows, shown).map { "\($0)  \($1.verdict.detail)" } + (left > 0 ? ["and \(left) more"] : []) + [""]
        }
    }
}
