import Foundation

/// How long messages stand still when a service is killed: at 50 messages a second the longest time of one of them.
struct TakeoverPart {
    func measure(_ stand: Stand) async throws -> Report {
        let crowd = Crowd(stand, run: "takeover", messagesPerConversation: 10)
        try crowd.enter()
        let undisturbed = try crowd.write(at: .rate(50), seconds: 3)
        var rows = [["none", Report.fixed(undisturbed.times.max, digits: 0, unit: 1000)]]
        for service in [Stand.Service.connector, .context, .router] {
            let result = try crowd.write(
                at: .rate(50), seconds: 4, warmUp: 0.5, atStart: { try stand.replace(service) })
            rows.append([service.rawValue, Report.fixed(result.times.max, digits: 0, unit: 1000)])
        }
        var report = Report(title: "Time without service when the leader is killed")
        report.text("Cold: the only process of the service gets SIGKILL and is started again at once.")
        report.table(["killed", "longest time of a message, ms"], rows)
        try await report.text(warm(stand))
        return report
    }

    /// Two routers; the one that leads the agents' pool is killed, and the agents are with the other.
    private func warm(_ stand: Stand) async throws -> String {
        let (leader, follower) = try await stand.pairRouters()
        let crowd = Crowd(stand, run: "warm", messagesPerConversation: 10)
        try crowd.enter()
        var killed = ContinuousClock.now
        let result = try crowd.write(
            at: .rate(50), seconds: 4, warmUp: 1,
            atStart: {
                leader.program.killAtOnce()
                killed = .now
            })
        try await stand.takeOver(from: leader, killed: killed, by: follower)
        let longest = Report.fixed(result.times.max, digits: 0, unit: 1000)
        return
            "Warm: of two routers the one that leads gets SIGKILL; the agents poll the other, which follows. The longest "
            + "time of a message was \(longest) ms; the other led \(Report.seconds(.now - killed)) s after the death, of "
            + "which 6 s are the session that the group waits for."
    }
}
