import Domain
import OrderedCollections
import Testing

@testable import PatchbayCLI

@Suite("A routing policy is explained as one timeline")
struct ExplainPolicyTests {
    @Test("Every step with its time, in the order in which they come due")
    func timeline() throws {
        var configuration = Configuration(revision: 1)
        configuration.queues["other"] = Queue(
            id: "other", name: "Other", poolID: "sales", routingPolicyID: "x", slaPolicyID: "x")
        configuration.queues["general"] = Queue(
            id: "general", name: "General", poolID: "support", routingPolicyID: "patient", slaPolicyID: "x")
        configuration.routingPolicies["patient"] = RoutingPolicy(
            id: "patient", offerSeconds: 30, preferredAgentSeconds: 90, parallelOffers: 2,
            steps: [
                .init(afterSeconds: 600, raisePriorityTo: 8, overflowTo: "other"),
                .init(
                    afterSeconds: 60, lowerLevelsBy: 1, lowerSkills: ["french": 3], dropSkills: ["billing"],
                    widenTo: ["general"], callbackText: "Shall we call you?"),
            ])
        #expect(
            try ExplainPolicyCommand.lines(of: "patient", in: configuration) == [
                "routing policy patient; queues: general", "",
                "AFTER  WHAT IS DONE",
                "0s     offered to an agent who meets all requirements, for 30s",
                "       up to 2 agents are asked at once",
                "       kept for a preferred agent who is busy, for 90s",
                "1m     all levels are lowered by 1",
                "       french is lowered to 3",
                "       no longer asked for: billing",
                "       agents of these queues may take it too: general",
                "       the customer is told: Shall we call you?",
                "10m    priority is raised to 8",
                "       goes to the queue other of the pool sales, with its age",
            ])
    }

    @Test("A policy that is not there: which there are")
    func unknown() {
        #expect(throws: StackError.self) {
            try ExplainPolicyCommand.lines(of: "none", in: Configuration(revision: 1))
        }
    }
}
