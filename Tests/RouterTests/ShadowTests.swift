import Domain
import Testing

@testable import RouterCore

@Suite("A shadow policy decides beside the live one")
struct ShadowTests {
    @Test("Where it would have asked another agent it says so before the offer, and nothing else changes")
    func differs() {
        let outputs = Self.outputs(shadow: RoutingPolicy(id: "shadow", choice: .bestLevel))
        #expect(outputs.events.contains(.shadowDiffered("shadow", wouldAsk: "ana")))
        #expect(outputs.offered == ["ben"], "least load decides")
        let plain = Self.outputs(shadow: nil)
        let rest = outputs.filter {
            if case .event(let event) = $0, case .shadowDiffered = event.kind { false } else { true }
        }
        #expect(rest == plain)
    }

    @Test("Where it agrees it is silent; where it would have waited it asks nobody")
    func agrees() {
        #expect(!Self.hasDiffered(Self.outputs(shadow: RoutingPolicy(id: "shadow"))))
        var bench = Bench()
        bench.organization.policy.steps = [.init(afterSeconds: 0, dropSkills: ["billing"])]
        bench.organization.shadow = RoutingPolicy(
            id: "shadow", steps: [.init(afterSeconds: 60, dropSkills: ["billing"])])
        bench.configure { $0.queues[1].shadowPolicyID = "shadow" }
        bench.available("ana")
        let outputs = bench.message("item", queue: "billing")
        #expect(outputs.offered == ["ana"])
        #expect(outputs.events.contains(.shadowDiffered("shadow", wouldAsk: nil)))
    }

    private static func hasDiffered(_ outputs: [RouterOutput]) -> Bool {
        outputs.events.contains { if case .shadowDiffered = $0 { true } else { false } }
    }

    /// A French message, ana the better at it and busier.
    private static func outputs(shadow: RoutingPolicy?) -> [RouterOutput] {
        var bench = Bench()
        bench.organization.agents = [
            Organization.agent("ana", ["french": 9]), Organization.agent("ben", ["french": 6]),
        ]
        bench.organization.shadow = shadow
        bench.configure { $0.queues[0].shadowPolicyID = shadow?.id }
        bench.assign("earlier", to: "ana")
        bench.available("ben")
        return bench.message("item", language: "fr")
    }
}
