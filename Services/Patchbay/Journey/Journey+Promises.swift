import Domain
import PatchbayClient
import ServiceKit

// Steps 6 and 7: a customer who gets no answer, and what the services say of it all.
extension Journey {
    mutating func noorGetsNoAnswer() async throws {
        steps.step("Noor gets no answer")
        try await steps.hold("Dana, the only one for it, is busy with Mia") {
            let accepted = try await api.channels.post(
                message(from: "mia", "I was charged twice."), account: "demo-accounts")
            let offer = try await accept(by: "dana", customer: accepted.customerID)
            try await api.agent("dana").reply(to: offer.workItemID, "I am on it.")
        }
        let workItemID = try await steps.hold(
            "Noor's message is accepted, and acknowledged with the expected waiting time"
        ) {
            try await api.channels.post(message(from: "noor", "Please close my account."), account: "demo-accounts")
            let wait = "We expect to answer within about 2 minutes."
            return try await webhook(saying: "Thank you for your message. \(wait)").text("work_item_id")
        }
        try await steps.hold("her work item waits in the queue") {
            try expect("the state", try await api.supervisor.workItem(workItemID).state, is: .queued)
        }
        for state in ["warned", "breached"] {
            try await steps.hold("the first response is \(state)") {
                try await until("a first-response clock that is \(state)") {
                    let clocks = try await api.clocks(ofWorkItem: workItemID)
                    let clock = clocks["clocks"]?.array?.first { $0["target"]?.string == "first-response" }
                    let at = clock?["\(state)_at"]?.string
                    return (at, clocks.text)
                }
            }
        }
        try await steps.hold("the breach has raised its priority to 9") {
            try await until("priority 9") {
                let priority = try await api.supervisor.workItem(workItemID).priority
                return (priority == 9 ? true : nil, "priority \(priority)")
            }
        }
    }

    mutating func servicesAgree() async throws {
        steps.step("The services tell the same story")
        try await steps.hold("the timeline has everything that was said, once and in order") {
            try await until("the whole conversation in the timeline") {
                let conversation = try await api.conversation(story.conversationID)
                let entries = (conversation["entries"]?.array ?? []).reversed()
                let texts = entries.compactMap { $0["text"]?.string }.filter { text in
                    story.said.contains { $0.text == text }
                }
                return (texts == story.said.map(\.text) ? true : nil, conversation.text)
            }
        }
        try await steps.hold("both work items are closed by Amélie") {
            for id in [story.workItemID, story.callWorkItemID] {
                let item = try await api.supervisor.workItem(id)
                try expect("the state of \(id)", item.state, is: .closed)
                try expect("the conversation of \(id)", item.conversationID, is: story.conversationID)
            }
        }
        try await steps.hold("Lena's first response was in time, and no clock of hers runs on") {
            let clocks = try await api.clocks(ofWorkItem: story.workItemID)
            let states = clocks["clocks"]?.array?.compactMap { clock in
                clock["target"]?.string.map { "\($0): \(clock["state"]?.string ?? "?")" }
            }
            try expect(
                "a first response that was met", states?.contains("first-response: met") == true, found: clocks.text)
            try expect("no running clock", states?.contains { $0.hasSuffix("running") } == false, found: clocks.text)
        }
        try await steps.hold("what was delivered was delivered under one idempotency key each") {
            let ids = receiver.all.filter { $0.kind == .webhook }.compactMap { $0.headers["webhook-id"] }
            try expect("as many keys as deliveries", Set(ids).count, is: ids.count)
        }
    }
}
