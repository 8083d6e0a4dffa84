import Domain
import Foundation
import OrderedCollections
import RouterPlanning
import Testing

@testable import PatchbayCLI

@Suite("The model of a simulation is read strictly, and its report is written")
struct PlanningFileTests {
    static let organization = OrganizationTests.valid

    static let valid = """
        days: 0.5
        warm-up: 1h
        replications: 3
        seed: 9
        traffic:
          chats:
            queue: social
            channel: chat
            arrivals-per-hour: { "08:00-10:00": 12, "22:00-02:00": 6.5 }
            handling: { lognormal: { mean: 5m, deviation: 3m } }
            patience: { exponential: 2m }
            reaction: { fixed: 4s }
            languages: { fr: 30% }
            priority: 7
            answer-within: 30s
        staffing:
          amelie: { shifts: ["22:00-06:00"] }
          temps: { count: 2, pool: support, profile: standard, skills: { french: 6 } }
        """

    @Test("A valid file gives the model")
    func validFile() throws {
        let model = try read(Self.valid)
        #expect(model.days == 0.5)
        #expect(model.warmUpSeconds == 3_600)
        #expect(model.replications == 3)
        #expect(model.seed == 9)
        let chats = try #require(model.traffic.first)
        #expect(chats.perHour.perDay == 2 * 12 + 4 * 6.5)
        #expect(chats.handling == .lognormal(meanSeconds: 300, deviationSeconds: 180))
        #expect(chats.patience == .exponential(meanSeconds: 120))
        #expect(chats.reaction == .fixed(seconds: 4))
        #expect(chats.languages == [.init(tag: "fr", share: 0.3)])
        #expect(chats.priority == 7)
        #expect(chats.answerWithinSeconds == 30)
        #expect(model.configuration.agents.keys.map(\.rawValue) == ["amelie", "temps-1", "temps-2"])
        #expect(
            model.staffing == [
                Shift(agentID: AgentID("amelie"), start: 0, end: 6 * 3_600),
                Shift(agentID: AgentID("amelie"), start: 22 * 3_600, end: 86_400),
                Shift(agentID: AgentID("temps-1")), Shift(agentID: AgentID("temps-2")),
            ])
    }

    @Test("Without staffing everybody of the organization works all day")
    func everybody() throws {
        let text = try #require(Self.valid.components(separatedBy: "staffing:").first)
        #expect(try read(text).staffing == [Shift(agentID: AgentID("amelie"))])
    }

    @Test(
        "A mistake is reported with its place, what was found and what was expected",
        arguments: [
            ("days: 0.5", "days: 400", "plan.yaml:1: days: found \"400\", expected a number from 0.01 to 366.0"),
            ("replications: 3", "replications: 1", "a whole number from 2 to 1000"),
            ("queue: social", "queue: socal", "expected the name of an entry in the organization's queues"),
            ("channel: chat", "channel: chatt", "did you mean \"chat\"?"),
            ("22:00-02:00", "25:00-02:00", "plan.yaml:9: traffic.chats.arrivals-per-hour.25:00-02:00: found"),
            ("22:00-02:00", "09:00-11:00", "hours that overlap"),
            ("mean: 5m", "mean: 5", "traffic.chats.handling.lognormal.mean: found \"5\", expected a time"),
            ("{ exponential: 2m }", "{}", "found 0 forms, expected { exponential: 5m }"),
            ("fr: 30%", "fr: 70%, de: 40%", "found shares of 110%, expected at most 100% together"),
            ("amelie: {", "amilie: {", "did you mean \"amelie\"?"),
            ("count: 2, ", "", "plan.yaml:18: staffing.temps.pool: found \"pool\" of one agent"),
            ("profile: standard", "profile: wide", "found \"wide\", expected the name of an entry"),
            ("french: 6 }", "french: 11 }", "a whole number from 1 to 10"),
            ("\"22:00-06:00\"", "\"22:00-06:00\", \"05:00-07:00\"", "found shifts that overlap"),
            ("12, ", "900000, ", "contacts in a replication, expected at most 5000000"),
            ("replications: 3", "replicatons: 3", "did you mean \"replications\"?"),
        ])
    func mistakes(right: String, wrong: String, message: String) throws {
        var text = Self.valid.replacing(right, with: wrong, maxReplacements: 1)
        if message.contains("contacts in a replication") { text = text.replacing("days: 0.5", with: "days: 366") }
        let problems = #expect(throws: ConfigurationProblems.self) { try read(text) }
        #expect(problems?.description.contains(message) == true, "\(problems?.description ?? "")")
    }

    @Test("The worked example of the documentation is valid")
    func workedExample() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/simulation")
        let organization = try OrganizationFiles.load([folder.appending(path: "organization.yaml").path], values: [:])
        let file = try OrganizationFiles.file(folder.appending(path: "model.yaml").path, values: [:])
        #expect(try PlanningFile.read(file, organization: organization).traffic.count == 4)
    }

    @Test("Table, JSON and chart show what the report says")
    func outputs() throws {
        let model = try read(Self.valid)
        let report = PlanningRun.report(of: model)
        let table = PlanningTable(model: model, report: report).lines
        #expect(table.first?.hasPrefix("queue   channel") == true)
        #expect(table.contains { $0.hasPrefix("social  chat") })
        #expect(table.contains { $0.contains("seed 9") })
        let text = try PlanningDocument(model, report).text()
        let json = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(json["seed"] as? Int == 9)
        let demand = try #require((json["demand"] as? [[String: Any]])?.first)
        let arrived = try #require(demand["arrived"] as? [String: Any])
        #expect(arrived["mean"] as? Double == report.total.arrived?.mean)
        #expect(arrived["replications"] as? Int == 3)
        let svg = PlanningChart(model: model, report: report).svg
        #expect(svg.hasPrefix("<svg") && svg.hasSuffix("</svg>\n"))
        #expect(svg.contains(">social<") && !svg.contains("nan") && !svg.contains("inf"))
        #expect(svg.count(of: "<polyline") >= 3)
    }

    private func read(_ text: String) throws -> PlanningModel {
        let organization = try Organization(files: [("org.yaml", Self.organization)])
        return try PlanningFile.read(("plan.yaml", text), organization: organization)
    }
}

extension String {
    fileprivate func count(of part: String) -> Int { components(separatedBy: part).count - 1 }
}
