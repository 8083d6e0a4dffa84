import Domain
import OrderedCollections

extension Sample {
    /// Every kind of entry, sorted by key.
    static let configuration: [ConfigurationEntry] = {
        let accounts: [ConfigurationEntry] = ChannelKind.allCases.map { channel in
            .account(
                ChannelAccount(
                    id: ID("account-\(channel.rawValue)"), channel: channel, queueID: "orders", delivery: .none))
        }
        let entries: [ConfigurationEntry] =
            accounts + [
                .account(
                    ChannelAccount(
                        id: "mastodon", channel: .social, queueID: "orders", priority: 0,
                        delivery: .webhook(url: "https://example.org/hook", secret: "mastodon"),
                        inboundSecret: "mastodon-in")),
                .account(
                    ChannelAccount(
                        id: "support-sms", channel: .sms, queueID: "orders", priority: 7,
                        delivery: .twilio(
                            baseURL: "https://api.twilio.com", accountSID: "AC1", number: "+33700000000",
                            secret: "twilio"))),
                .agent(
                    Agent(
                        id: "ana", name: "Ana", poolID: "europe", profileID: "desk",
                        skills: [Requirement(skill: "orders", level: 3), french])),
                .agent(
                    Agent(id: "ben", name: "", poolID: "europe", profileID: "desk", shiftCalendarID: "weekdays")),
                .calendar(
                    BusinessCalendar(
                        id: "weekdays",
                        open: [.init(start: at, end: later), .init(start: Instant.writable.lowerBound, end: at)])),
                .calendar(BusinessCalendar(id: "never", open: [])),
                .pool(
                    Pool(
                        id: "asia", name: "Asia", order: .slack, slackUnitSeconds: 30, maximumWaitSeconds: 900,
                        breakReasons: ["lunch"])),
                .pool(Pool(id: "europe", name: "Europe")),
                .profile(
                    RoutingProfile(
                        id: "desk", capacity: 10, weights: [.voice: 10, .chat: 3, .email: 1], defaultWeight: 2,
                        presenceLeaseSeconds: 90, graceSeconds: 0)),
                .profile(RoutingProfile(id: "none", capacity: 0)),
                .profile(
                    RoutingProfile(
                        id: "phone", capacity: 100, channelMaxima: [.chat: 3],
                        interruptions: [.voice: [.email, .forum]], idleAfterSeconds: 600, idleWeightPercent: 0,
                        parkedWeightPercent: 10,
                        occupancyGuard: .init(percentMax: 85, windowSeconds: 1800, airSeconds: 90),
                        missedOffersMax: 3, mode: .pull, queues: ["orders"])),
                .queue(
                    Queue(
                        id: "orders", name: "Orders", poolID: "europe", routingPolicyID: "patient",
                        slaPolicyID: "standard", priority: 6, requirements: [Requirement(skill: "orders", level: 2)],
                        languages: ["fr": french, "de": Requirement(skill: "german", level: 5)])),
                .queue(
                    Queue(
                        id: "plain", name: "", poolID: "europe", routingPolicyID: "patient",
                        slaPolicyID: "standard",
                        requirements: [Requirement(skill: "orders", level: 2, isNice: true)],
                        admission: .init(
                            waitingMax: 10, waitSecondsMax: 600, calendarID: "weekdays", fullText: "Full: {wait}.",
                            closedText: "Closed."), shadowPolicyID: "plain")),
                .routingPolicy(
                    RoutingPolicy(
                        id: "patient", offerSeconds: 20, declineCooldownSeconds: 61, wrapUpSeconds: 15,
                        preferredAgentSeconds: 45, expectedHandleSeconds: 240,
                        steps: [
                            .init(afterSeconds: 60, lowerLevelsBy: 2),
                            .init(afterSeconds: 120, dropSkills: ["french", "orders"]),
                        ])),
                .routingPolicy(
                    RoutingPolicy(
                        id: "eager", choice: .closestLevel, parallelOffers: 3, reopenSeconds: 0,
                        steps: [
                            .init(
                                afterSeconds: 5, lowerSkills: ["orders": 1], widenTo: ["plain"], raisePriorityTo: 9,
                                overflowTo: "orders", callbackText: "Shall we call you?")
                        ])),
                .routingPolicy(RoutingPolicy(id: "plain")),
                .skill(Skill(id: "french", name: "French")),
                .slaPolicy(SLAPolicy(id: "none")),
                .slaPolicy(
                    SLAPolicy(
                        id: "standard",
                        targets: TargetKind.allCases.map { .init(kind: $0, seconds: 3600, warningPercent: 75) },
                        calendarID: "weekdays",
                        acknowledgement: .init(text: "About {wait}.", textWithoutWait: "Soon."),
                        escalation: .init(priority: 9),
                        survey: .init(question: "1 to 5?", delaySeconds: 60, expiresSeconds: 3600))),
            ]
        return entries.sorted { $0.key < $1.key }
    }()
}
