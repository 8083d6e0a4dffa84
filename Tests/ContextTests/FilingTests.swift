import ContextCore
import Domain
import Testing

@Suite("Filing a message")
struct FilingTests {
    private let handle = Samples.handle
    private var lena: CustomerID { handle.customerID }

    @Test("The first message opens a conversation and a work item named after it")
    func opens() throws {
        var desk = Desk()
        try desk.send(Samples.message("m1", from: handle, language: "fr", name: "Lena"))
        let request = try #require(desk.requests.first)
        #expect(request.conversationID == .named("conversation", lena.rawValue, "social", "m1"))
        #expect(request.workItemID == .named("work-item", lena.rawValue, "social", "m1"))
        #expect(request.customerID == lena)
        #expect(request.poolID == PoolID("support"))
        #expect(request.queueID == QueueID("general"))
        #expect(request.priority == 4)
        #expect(request.language == "fr")
        #expect(request.displayName == "Lena")
        #expect(request.acceptedAt == Samples.start)
        #expect(desk.filed.map(\.role) == [.opened])
    }

    @Test("Later messages go to the open work item, by whichever written channel they come")
    func continues() throws {
        var desk = Desk()
        try desk.send(Samples.message("m1", from: handle), Samples.message("m2", from: handle, by: "chat", .chat))
        #expect(Set(desk.requests.map(\.workItemID)).count == 1)
        #expect(desk.filed.map(\.role) == [.opened, .continued])
    }

    @Test("A provider's repeat is dropped, within seven days")
    func repeats() throws {
        var desk = Desk()
        try desk.send(Samples.message("m1", from: handle))
        desk.wait(.seconds(7 * 86_400) - .milliseconds(1))
        try desk.send(Samples.message("m1", from: handle))
        #expect(desk.filed.count == 1)
        #expect(desk.core.counters.repeatsDropped == 1)
        desk.wait(.milliseconds(1))
        #expect(desk.core.sizes.messages == 0)
    }

    @Test("Beyond the limit the oldest message id is forgotten early, and counted")
    func forgetsEarly() throws {
        var limits = ContextLimits()
        limits.messages = 2
        var desk = Desk(limits: limits)
        for id in ["m1", "m2", "m3"] {
            desk.wait(.seconds(1))
            try desk.send(Samples.message(id, from: handle))
        }
        #expect(desk.core.sizes.messages == 2)
        #expect(desk.core.counters.forgottenEarly == 1)
        try desk.send(Samples.message("m3", from: handle))
        #expect(desk.filed.count == 3)
    }

    @Test("A call opens a second work item in the same conversation, and writing stays with the first")
    func call() throws {
        var desk = Desk()
        try desk.send(Samples.message("m1", from: handle), Samples.call("k1", from: handle))
        try desk.send(Samples.message("m2", from: handle))
        let items = desk.requests.map(\.workItemID)
        #expect(items[1] == .named("work-item", lena.rawValue, "voice", "k1"))
        #expect(items[2] == items[0])
        #expect(Set(desk.requests.map(\.conversationID)).count == 1)
        #expect(desk.requests[1].priority == 9)
        #expect(desk.requests[1].poolID == PoolID("calls"))
        #expect(desk.requests[2].poolID == PoolID("support"))
    }

    @Test("A customer who leaves is gone from what is open; a call's end ends its own work item")
    func leaves() throws {
        var desk = Desk()
        let chat = Samples.message("m1", from: handle)
        let nothing = try desk.core.apply(
            .customerLeft(Departure(customerID: lena, address: chat.address, reason: "left")), key: lena, at: desk.now)
        #expect(nothing.isEmpty)
        let call = Samples.call("k1", from: handle)
        try desk.send(chat, call)
        for (messageID, items) in [
            (nil, desk.requests.map(\.workItemID)), (MessageID("k1"), [desk.requests[1].workItemID]),
            (MessageID("other"), []),
        ] as [(MessageID?, [WorkItemID])] {
            let outputs = try desk.core.apply(
                .customerLeft(
                    Departure(customerID: lena, address: call.address, messageID: messageID, reason: "left")),
                key: lena, at: desk.now)
            let gone = outputs.compactMap { output -> WorkItemID? in
                if case .work(.customerGone(let gone), _) = output { gone.workItemID } else { nil }
            }
            #expect(gone == items)
        }
    }

    @Test("Who left is forwarded to whom the identifier belongs, once")
    func leavesElsewhere() throws {
        var desk = Desk()
        let owner = Samples.phone.customerID
        try desk.write(
            .identityLinked(
                IdentityLink(identifier: handle, customerID: owner, evidence: .manual, reason: "a person")), to: lena)
        let left = Departure(customerID: lena, address: Samples.message("m1", from: handle).address, reason: "left")
        let outputs = try desk.core.apply(.customerLeft(left), key: lena, at: desk.now)
        var forwarded = left
        forwarded.forwardedFrom = lena
        #expect(outputs == [.inbound(.customerLeft(forwarded), owner)])
        #expect(throws: ContextRefusal.self) { try desk.core.apply(.customerLeft(left), key: owner, at: desk.now) }
    }

    @Test("Writing to a conversation that a call opened joins the call's work item")
    func writingDuringCall() throws {
        var desk = Desk()
        try desk.send(Samples.call("k1", from: handle), Samples.message("m1", from: handle))
        #expect(desk.requests[1].workItemID == desk.requests[0].workItemID)
        #expect(desk.requests[1].poolID == PoolID("calls"))
    }

    @Test("After the last work item is closed the next message opens a conversation and prefers the last agent")
    func closes() throws {
        var desk = Desk()
        try desk.send(Samples.message("m1", from: handle, language: "fr"), Samples.call("k1", from: handle))
        try desk.close(desk.requests[0].workItemID, of: lena, ended: false)
        try desk.send(Samples.message("m2", from: handle))
        #expect(desk.requests[2].workItemID == desk.requests[1].workItemID)
        try desk.close(desk.requests[1].workItemID, of: lena, by: nil)
        try desk.send(Samples.message("m3", from: handle))
        let request = try #require(desk.requests.last)
        #expect(request.conversationID == .named("conversation", lena.rawValue, "social", "m3"))
        #expect(request.preferredAgentID == AgentID("ada"))
        #expect(request.language == "fr")
    }

    @Test("A work item that the router reopened takes the next message, in the same conversation")
    func reopens() throws {
        var desk = Desk()
        try desk.send(Samples.message("m1", from: handle))
        let first = desk.requests[0]
        try desk.close(first.workItemID, of: lena)
        let reopened = ReopenedWorkItem(
            workItemID: WorkItemID("again"), conversationID: first.conversationID, customerID: lena)
        try desk.write(.workItemReopened(reopened), to: lena)
        try desk.send(Samples.message("m2", from: handle))
        #expect(desk.requests[1].workItemID == WorkItemID("again"))
        #expect(desk.requests[1].conversationID == first.conversationID)
        #expect(desk.requests[1].poolID == PoolID("support"))
    }

    @Test("A message of an account that is not configured waits, and is filed when the account appears")
    func waits() throws {
        var desk = Desk(configuration: Samples.configuration(accounts: []))
        try desk.send(Samples.message("m1", from: handle), Samples.message("m1", from: handle))
        #expect(desk.filed.isEmpty)
        #expect(desk.core.sizes.waiting == 1)
        desk.wait(.seconds(60))
        desk.configure(Samples.configuration(revision: 2))
        #expect(desk.filed.map(\.receivedAs) == [MessageID("m1")])
        #expect(desk.requests[0].acceptedAt == Samples.start)
        #expect(desk.core.sizes.waiting == 0)
    }

    @Test("When too many wait, a message is refused for the dead-letter topic and leaves no trace")
    func waitingRoomIsBounded() throws {
        var limits = ContextLimits()
        limits.waitingMessages = 1
        var desk = Desk(limits: limits, configuration: nil)
        try desk.send(Samples.message("m1", from: handle))
        #expect(throws: ContextRefusal.waitingRoomFull(ChannelAccountID("social"))) {
            try desk.send(Samples.message("m2", from: handle))
        }
        #expect(desk.core.sizes.messages == 1)
    }

    @Test("A record under another key than its own is refused")
    func misplaced() throws {
        var desk = Desk()
        let other = Samples.phone.customerID
        #expect(throws: ContextRefusal.misplaced(record: lena, key: other)) {
            try desk.write(.messageReceived(Samples.message("m1", from: handle)), to: other)
        }
    }

    @Test("The router gets the first 2,000 scalars, and the profile's name and language")
    func excerpt() throws {
        var desk = Desk()
        let profile = CustomerProfile(customerID: lena, name: "Lena Marchand", language: "fr")
        try desk.write(.profileUpdated(profile), to: lena)
        let text = String(repeating: "é", count: 3_000)
        try desk.send(Samples.message("m1", from: handle, text: text, name: "lena"))
        let request = desk.requests[0]
        #expect(request.excerpt.unicodeScalars.count == 2_000)
        #expect(request.displayName == "Lena Marchand")
        #expect(request.language == "fr")
    }

    @Test("A customer without anything open is forgotten after ninety days; one with a profile is not")
    func forgetsCustomers() throws {
        var desk = Desk()
        try desk.send(Samples.message("m1", from: handle))
        try desk.close(desk.requests[0].workItemID, of: lena)
        let known = Samples.phone.customerID
        try desk.write(.profileUpdated(CustomerProfile(customerID: known, name: "Max")), to: known)
        desk.wait(.seconds(90 * 86_400))
        #expect(desk.core.customer(lena) == nil)
        #expect(desk.core.customer(known) != nil)
        try desk.send(Samples.message("m2", from: handle))
        #expect(desk.requests[1].preferredAgentID == nil)
    }
}

@Suite("Recognizing a survey's answer")
struct SurveyTests {
    private let phone = Samples.phone
    private var customer: CustomerID { phone.customerID }

    private func survey(expiresAfter: Duration = .seconds(3_600)) -> SurveyAsked {
        SurveyAsked(
            surveyID: SurveyID("s1"), workItemID: WorkItemID("w"), conversationID: ConversationID("c"),
            customerID: customer, poolID: PoolID("support"),
            address: Address(channel: .sms, account: ChannelAccountID("sms"), identifier: phone),
            expiresAt: Samples.start + expiresAfter)
    }

    private func sms(_ id: String, _ text: String) -> InboundMessage {
        Samples.message(id, from: phone, by: "sms", .sms, text: text)
    }

    @Test(
        "One digit from 1 to 5 is an answer, with nothing but spaces and punctuation around it",
        arguments: [
            ("5", 5), (" 1\n", 1), ("(3)", 3), ("4!!", 4), ("\"2\".", 2), ("", nil), ("0", nil), ("6", nil),
            ("55", nil), ("5 5", nil), ("5 stars", nil), ("-1", nil), ("4/5", nil), ("٥", nil), ("five", nil),
        ] as [(String, Int?)])
    func score(text: String, score: Int?) {
        #expect(surveyScore(text) == score)
    }

    @Test("The answer goes to the survey's work item, once; the next digit is an ordinary message")
    func answered() throws {
        var desk = Desk()
        try desk.write(.surveyAsked(survey()), to: customer)
        try desk.send(sms("m1", "5"), sms("m2", "5"))
        let answer = try #require(desk.answers.first)
        #expect(answer.score == 5)
        #expect(answer.workItemID == WorkItemID("w"))
        #expect(answer.messageID == sms("m1", "5").boundID)
        #expect(desk.filed.map(\.role) == [.surveyAnswer, .opened])
        #expect(desk.requests.map(\.messageID) == [sms("m2", "5").boundID])
    }

    @Test("After its expiry, from another address or with words it is an ordinary message")
    func notAnswers() throws {
        var desk = Desk()
        try desk.write(.surveyAsked(survey()), to: customer)
        try desk.send(
            sms("m1", "5 because you were quick"), Samples.message("m2", from: phone, by: "mail", .email, text: "5"))
        desk.wait(.seconds(3_600))
        try desk.send(sms("m3", "5"))
        #expect(desk.answers.isEmpty)
        #expect(desk.filed.count == 3)
    }

    @Test("Of more surveys than the limit the oldest gives way")
    func bounded() throws {
        var desk = Desk()
        for index in 1...6 {
            var next = survey()
            next.surveyID = SurveyID("s\(index)")
            try desk.write(.surveyAsked(next), to: customer)
        }
        #expect(desk.core.customer(customer)?.surveys.map(\.surveyID.rawValue) == ["s3", "s4", "s5", "s6"])
        try desk.send(sms("m1", "3"))
        #expect(desk.answers.map(\.surveyID) == [SurveyID("s6")])
    }
}
