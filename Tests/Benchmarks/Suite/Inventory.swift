import Domain

/// What the services say over HTTP of a backlog's work items and clocks, as one number.
struct Inventory: Equatable {
    /// Work items that the router counts as open.
    var open: Int
    /// Over the answers about one in `stride` of them; the seconds that are left to a clock are left out.
    var digest: UInt64 = 0

    private static let answersMax = 20_000

    init(_ stand: Stand, run: String, items: Int) throws {
        open = try Self.openWorkItems(stand)
        let loop = HTTPLoop()
        let router = HTTPLoop.Lane(port: stand.port(.router), connectionsMax: 32)
        let timer = HTTPLoop.Lane(port: stand.port(.slaTimer), connectionsMax: 32)
        var (sum, missing, failure) = (UInt64(0), 0, 0)
        let first = Backlog.workItemID(run: run, 0, rules: RulesVersion.newest)
        let request = stand.requests.get("/v1/work-items/\(first)", as: "supervisor")
        let isNewest = BlockingHTTP.send(request, port: stand.port(.router))?.status == 200
        let rules = isNewest ? RulesVersion.newest : RulesVersion.first
        for number in stride(from: 0, to: items, by: max(1, 2 * items / Self.answersMax)) {
            let id = Backlog.workItemID(run: run, number, rules: rules)
            for (lane, path) in [(router, "/v1/work-items/\(id)"), (timer, "/v1/work-items/\(id)/clocks")] {
                missing += 1
                loop.send(stand.requests.get(path, as: "supervisor"), over: lane) { status, body, _ in
                    missing -= 1
                    if status != 200 { failure = status }
                    sum &+= Self.fingerprint(of: body)
                }
            }
        }
        let deadline = Clock.nanoseconds + 120_000_000_000
        while missing > 0 {
            loop.turn(until: Clock.nanoseconds + 100_000_000)
            guard Clock.nanoseconds < deadline else { throw BenchmarkError("\(missing) answers are missing") }
        }
        guard failure == 0 else { throw BenchmarkError("a work item or its clocks cannot be read: \(failure)") }
        digest = sum
    }

    /// FNV-1a, 64 bits.
    private static func fingerprint(of body: ArraySlice<UInt8>) -> UInt64 {
        let text = String(decoding: body, as: UTF8.self)
        let steady = text.replacing(/"remaining_seconds":-?\d+/, with: "")
        return steady.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }

    static func openWorkItems(_ stand: Stand) throws -> Int {
        try sum("patchbay_router_open_work_items{", at: stand.port(.router))
    }

    /// Work items whose clocks the timer has started since it was started itself.
    static func trackedWorkItems(_ stand: Stand) throws -> Int {
        try sum(#"patchbay_sla_clock_events_total{event="started",target="first-response"}"#, at: stand.port(.slaTimer))
    }

    private static func sum(_ start: String, at port: Int) throws -> Int {
        guard let page = BlockingHTTP.get("/metrics", port: port), page.status == 200 else {
            throw BenchmarkError("the metrics at port \(port) cannot be read")
        }
        return page.body.split(separator: "\n").filter { $0.hasPrefix(start) }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0) { $0 + Int($1) }
    }
}
