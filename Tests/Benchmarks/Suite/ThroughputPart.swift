import TestSupport

/// As many messages a second as go, and the memory that is in use after a few and after many of them.
struct ThroughputPart {
    var messages: Int
    var window: Int
    var seconds: Int

    /// An agent's tool that is flooded asks ten times a second, and finds several messages each time.
    private static let pollPause: UInt64 = 100

    func measure(_ stand: Stand) async throws -> Report {
        // A broker of its own: a million records more would be in the way of what comes after.
        let broker = try await LocalBroker.start()
        let floor = try await stand.floor(on: broker, rate: 0, seconds: seconds, window: window)
        try await broker.close()
        let crowd = Crowd(stand, run: "throughput", messagesPerConversation: 10, pollPause: Self.pollPause)
        try crowd.enter()
        let empty = try stand.usage()
        var (few, before) = (empty, empty)
        // The limit of time is for machines on which the messages would take too long.
        let result = try crowd.write(
            at: .window(window), seconds: 300, warmUp: 3, messagesMax: messages,
            atStart: { before = try stand.usage() }, atSeen: (10_000, { few = try stand.usage() }))
        let many = try stand.usage()

        var report = Report(title: "As many messages a second as go")
        report.table(
            ["", "messages/s", "p50", "p90", "p99", "max"],
            [
                ["floor", "\(floor.perSecond)"] + floor.quantiles.cells,
                ["ours", "\(result.perSecond)"] + result.times.cells,
            ])
        report.text(
            "\(window) messages on their way at once, and agents that poll at most ten times a second; times in "
                + "milliseconds. \(result.count) messages, "
                + "\(result.refusals) refused. CPU seconds for 1,000 messages, by process:")
        report.table(Cost.names + ["all"], [Cost(before, many, messages: result.count).cells])
        report.text("Resident memory in MB, by process:")
        report.table(
            ["after"] + Cost.names,
            [
                ["the start"] + memory(empty), ["10,000 messages"] + memory(few),
                ["\(crowd.seenCount) messages"] + memory(many),
            ])
        return report
    }

    private func memory(_ usage: [String: ProcessUsage]) -> [String] {
        Cost.names.map { "\((usage[$0]?.bytes ?? 0) >> 20)" }
    }
}
