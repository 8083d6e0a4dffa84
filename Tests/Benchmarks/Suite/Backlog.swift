import Domain

/// Many customers who each write once, to queues where no agent is.
struct Backlog {
    private let stand: Stand
    private let run: String

    init(_ stand: Stand, run: String) {
        self.stand = stand
        self.run = run
    }

    /// The work item that the message of this number has opened, by a version of the rules: ids are names.
    static func workItemID(run: String, _ number: Int, rules: Int) -> WorkItemID {
        let account = ChannelAccountID("page-\(queue(number))")
        let sender = Identifier(kind: .handle, value: "\(account)/\(run)-\(number)")
        guard rules >= 2 else {
            return .derived(
                from: "work-item", MessageID.inboundFirst(account, "\(run)-\(number)").rawValue)
        }
        let message = MessageID.inbound(
            Address(channel: .social, account: account, identifier: sender), "\(run)-\(number)")
        return .named("work-item", sender.customerID.rawValue, account.rawValue, message.rawValue)
    }

    private static func queue(_ number: Int) -> String { Stand.queues[number % Stand.queues.count] }

    /// Opens so many work items, and waits until the router, the timer and the timeline have all of them.
    func fill(_ count: Int) async throws {
        let loop = HTTPLoop()
        let lane = HTTPLoop.Lane(port: stand.port(.connector), connectionsMax: 64)
        var (accepted, next) = (0, 0)
        func write(_ number: Int) {
            let request = stand.requests.message(
                account: "page-\(Self.queue(number))", customer: "\(run)-\(number)", mark: "\(number)",
                id: "\(run)-\(number)")
            loop.send(request, over: lane) { status, _, _ in
                if status == 202 { accepted += 1 } else { loop.after(milliseconds: 10) { write(number) } }
            }
        }
        let deadline = Clock.nanoseconds + 300_000_000_000
        while accepted < count {
            while next < count, next - accepted < 256 {
                write(next)
                next += 1
            }
            loop.turn(until: Clock.nanoseconds + 5_000_000)
            guard Clock.nanoseconds < deadline else { throw BenchmarkError("only \(accepted) messages were accepted") }
        }
        try await waitUntilOpen(count)
    }

    private func waitUntilOpen(_ count: Int) async throws {
        let end = ContinuousClock.now + .seconds(240)
        while try Inventory.openWorkItems(stand) < count || Inventory.trackedWorkItems(stand) < count {
            guard ContinuousClock.now < end else {
                throw BenchmarkError(
                    "the router has \(try Inventory.openWorkItems(stand)) work items, the timer "
                        + "\(try Inventory.trackedWorkItems(stand)), of \(count)")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        for number in max(0, count - 64)..<count {
            while !isInTimeline(number) {
                guard ContinuousClock.now < end else { throw BenchmarkError("the timeline does not catch up") }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    private func isInTimeline(_ number: Int) -> Bool {
        let identifier = Identifier(kind: .handle, value: "page-\(Self.queue(number))/\(run)-\(number)")
        let request = stand.requests.get("/v1/customers/\(identifier.customerID)", as: "supervisor")
        return BlockingHTTP.send(request, port: stand.port(.context))?.status == 200
    }
}
