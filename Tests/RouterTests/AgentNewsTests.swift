import Domain
import ServiceKit
import Testing

@testable import RouterApp

@Suite("Who waits at an agent's desk")
struct AgentNewsTests {
    @Test("A ninth event stream of an agent ends the oldest, and none of another agent")
    func streams() async throws {
        let metrics = Metrics()
        let news = AgentNews(metrics)
        let (ana, sam) = (AgentID("ana"), AgentID("sam"))
        let oldest = try news.subscribe(ana)
        let other = try news.subscribe(sam)
        let newer = try (0..<AgentNews.streamsPerAgentMax).map { _ in try news.subscribe(ana) }
        var looks = 0
        for await _ in oldest.stream { looks += 1 }
        #expect(looks == 1, "it looked once, and then it was over")
        for subscription in newer + [other] {
            var wakes = subscription.stream.makeAsyncIterator()
            #expect(await wakes.next() != nil)
        }
        #expect(metrics.text().contains("patchbay_router_event_streams \(newer.count + 1)\n"))
        for subscription in newer + [oldest, other] { subscription.end() }
        #expect(metrics.text().contains("patchbay_router_event_streams 0\n"))
    }
}
