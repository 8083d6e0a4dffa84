import Foundation

/// The obvious alternative: a table in PostgreSQL, skills in an array with a GIN index, `FOR UPDATE SKIP LOCKED`.
struct PostgresPart {
    /// Rows of a Markdown table, from `scripts/bench-postgres`; says so where PostgreSQL is not installed.
    func table() async throws -> String {
        let size = MachinePart.target
        let rows = try await Program.output(
            of: URL(filePath: "scripts/bench-postgres"), [size.agents, size.skills, size.waiting].map(String.init),
            environment: [:])
        return """
            A table of work items in PostgreSQL with the skills that each asks for in an array under a GIN index. An agent \
            takes the best-ranked that their skills cover with `FOR UPDATE SKIP LOCKED`, and one more is put in: \
            \(size.agents) agents, \(size.skills) skills, \(size.waiting) waiting. It makes no offer, keeps no record of \
            what happened, and knows neither capacity nor cooldown.

            | | assignments/s | p50 ms | p99 ms |
            | --- | --- | --- | --- |
            \(rows.trimmingCharacters(in: .newlines))
            """
    }
}
