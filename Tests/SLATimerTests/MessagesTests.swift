import Domain
import SLATimerCore
import Testing

@Suite struct `An acknowledgement` {
    static let policy: SLAPolicy = {
        var policy = SLAPolicy.standard
        policy.acknowledgement = .init(text: "We answer in {wait}.", textWithoutWait: "We will answer.")
        return policy
    }()

    @Test func `goes out when a work item is opened, with the expected waiting time`() throws {
        var driver = TimerDriver(.with(Self.policy))
        driver.signal(.opened(wait: 150), at: 10)
        let message = try #require(driver.messages.first)
        #expect(driver.messages.count == 1)
        #expect(message.text == "We answer in about 3 minutes.")
        #expect(message.author == .acknowledgement)
        #expect(message.address == .sms)
        #expect(message.workItemID == .item)
        #expect(message.createdAt == .s(10))
        #expect(message.messageID == .derived(from: "acknowledgement", "item-1"))
        #expect(driver.said().contains(.acknowledged(message.messageID, expectedWaitSeconds: 150)))
    }

    @Test func `says nothing of a waiting time that nobody can estimate`() {
        var driver = TimerDriver(.with(Self.policy))
        driver.signal(.opened(wait: nil), at: 10)
        #expect(driver.messages.map(\.text) == ["We will answer."])
    }

    @Test(arguments: [
        ClockSignal.Kind.opened(joins: true), .opened(from: .call), .opened(from: .mute), .opened(from: .unknown),
    ])
    func `is not sent where it would be repeated or cannot be written`(opened: ClockSignal.Kind) {
        var driver = TimerDriver(.with(Self.policy))
        driver.signal(opened, at: 10)
        #expect(driver.messages == [])
    }

    @Test(arguments: [
        (-5, "less than a minute"), (0, "less than a minute"), (44, "less than a minute"), (45, "about a minute"),
        (60, "about a minute"), (61, "about 2 minutes"), (180, "about 3 minutes"), (181, "about 4 minutes"),
        (600, "about 10 minutes"), (601, "about 15 minutes"), (3300, "about 55 minutes"), (3301, "about an hour"),
        (3600, "about an hour"), (3601, "about 2 hours"), (82_800, "about 23 hours"), (82_801, "about a day"),
        (86_400, "about a day"), (86_401, "about 2 days"), (Int.max, "about 106751991167301 days"),
    ])
    func `says a waiting time in words, rounded up`(seconds: Int, words: String) {
        #expect(waitInWords(seconds: seconds) == words)
    }
}

@Suite struct `A survey` {
    static let policy: SLAPolicy = {
        var policy = SLAPolicy.standard
        policy.survey = .init(question: "How was it, from 1 to 5?", delaySeconds: 120, expiresSeconds: 3600)
        return policy
    }()

    @Test func `is sent some time after an agent ended the conversation`() throws {
        var driver = TimerDriver(.with(Self.policy))
        driver.signal(.opened(), at: 0)
        driver.signal(.closed(), at: 50)
        driver.tick(169)
        #expect(driver.messages == [])
        _ = driver.said()
        driver.tick(175)
        let message = try #require(driver.messages.first)
        let asked = try #require(driver.surveys.first)
        #expect(message.text == "How was it, from 1 to 5?")
        #expect(message.author == .survey)
        #expect(message.address == .sms)
        #expect(asked.surveyID == .derived(from: "survey", "item-1"))
        #expect(asked.address == .sms)
        #expect(asked.customerID == .init("customer"))
        #expect(asked.poolID == .init("pool"))
        #expect(asked.expiresAt == .s(175 + 3600))
        #expect(driver.said() == [.surveySent(asked.surveyID, message.messageID)])
        driver.tick(5000)
        driver.signal(.closed(), at: 51, arriving: 5001)
        #expect(driver.messages == [], "asked once")
    }

    @Test(arguments: [
        ClockSignal.Kind.closed(by: nil), .closed(ended: false), .closed(replyTo: nil), .closed(replyTo: .call),
        .closed(replyTo: .mute),
    ])
    func `is not sent without an agent, within a conversation, or where it cannot be written`(
        closed: ClockSignal.Kind
    ) {
        var driver = TimerDriver(.with(Self.policy))
        driver.signal(.opened(), at: 0)
        driver.signal(closed, at: 50)
        driver.tick(5000)
        #expect(driver.messages == [])
        #expect(driver.surveys == [])
    }

    @Test func `that is to come later than a closed work item is kept is waited for`() {
        var policy = Self.policy
        policy.survey?.delaySeconds = 3 * 86_400
        var driver = TimerDriver(.with(policy))
        driver.signal(.opened(), at: 0)
        driver.signal(.closed(), at: 0)
        driver.tick(2 * 86_400)
        #expect(driver.timer.workItemCount == 1)
        driver.tick(3 * 86_400)
        #expect(driver.surveys.count == 1)
        driver.tick(3 * 86_400 + 1)
        #expect(driver.timer.workItemCount == 0)
    }

    @Test func `is not sent when a revision took it out of the policy`() {
        var driver = TimerDriver(.with(Self.policy))
        driver.signal(.opened(), at: 0)
        driver.signal(.closed(), at: 50)
        driver.configure(.standard, at: 100)
        driver.tick(5000)
        #expect(driver.surveys == [])
    }
}
