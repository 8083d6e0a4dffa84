package import Domain
import OrderedCollections

/// What the replications of a model say together: KPIs with confidence intervals.
package struct PlanningReport: Sendable {
    /// KPIs of some contacts. Nil: no replication had any to compute it of.
    package struct Demand: Sendable {
        package var arrived: Estimate?
        /// Of those who arrived.
        package var blockedShare: Estimate?
        /// Of those who were admitted and have had their answer, one way or the other.
        package var abandonedShare: Estimate?
        /// Accepted within the service level's time ÷ (accepted + abandoned).
        package var serviceLevel: Estimate?
        /// (Accepted after a wait + abandoned) ÷ (accepted + abandoned).
        package var waitedShare: Estimate?
        /// ASA: mean wait of those accepted.
        package var answerSeconds: Estimate?
        package var answerSecondsP50: Estimate?
        package var answerSecondsP90: Estimate?
        /// Mean wait of all who were admitted, those who gave up included.
        package var waitSeconds: Estimate?
        /// AHT: from accepting to closed, wrap-up included.
        package var handleSeconds: Estimate?
        /// Contacts that wait, on average over measured time.
        package var backlog: Estimate?
        package var backlogMax: Estimate?
        /// Neither accepted nor abandoned a day after the measured time.
        package var unanswered: Estimate?
        /// Expected waiting time, as the router stated it, minus the true one; and without its sign.
        package var expectationBiasSeconds: Estimate?
        package var expectationErrorSeconds: Estimate?
        /// Of those who waited and were told how long: the share that waited no longer than the p50 and than the p90 of
        /// their expected wait. Well calibrated are 50 % and 90 %.
        package var withinP50: Estimate?
        package var withinP90: Estimate?
    }

    package struct Supply: Sendable {
        /// Agents present, on average over measured time.
        package var present: Estimate?
        /// Time with something in hand ÷ time present.
        package var occupancy: Estimate?
        /// Weight in hand ÷ capacity, over time present.
        package var utilisation: Estimate?
    }

    package struct Hour: Sendable {
        package var arrived: Estimate?
        package var serviceLevel: Estimate?
        package var answerSeconds: Estimate?
        package var abandonedShare: Estimate?
    }

    package struct Row: Sendable {
        package var queueID: QueueID
        /// Nil: all channels of the queue.
        package var channel: ChannelKind?
        package var demand: Demand
    }

    /// By queue and channel, in the order of the model; a queue with several channels is followed by their sum.
    package var rows: [Row] = []
    package var total = Demand()
    package var supply: [(poolID: PoolID, supply: Supply)] = []
    /// By queue, for each hour of the day.
    package var hours: [(queueID: QueueID, hours: [Hour])] = []
    /// Contacts that were played in all replications, warm-up included.
    package var contactsPlayed = 0
}

/// How far a simulation is.
package struct PlanningProgress: Sendable {
    package var replication: Int
    package var replications: Int
    /// Of this replication's virtual time.
    package var share: Double
}

/// Runs a model: its replications one after the other, each from random numbers of its own.
package struct PlanningRun {
    private let model: PlanningModel
    private var outcomes: [Outcome] = []
    private var contactsPlayed = 0

    private struct Outcome {
        var tallies: [Tally]
        var supply: [PoolID: SupplyTally]
        var hours: [[HourTally]]
    }

    package static func report(
        of model: PlanningModel, progress: (PlanningProgress) -> Void = { _ in }
    ) -> PlanningReport {
        var run = PlanningRun(model: model)
        for number in 0..<model.replications {
            var replication = Replication(model, number: number)
            replication.run { share in
                progress(PlanningProgress(replication: number, replications: model.replications, share: share))
            }
            run.outcomes.append(
                Outcome(tallies: replication.tallies, supply: replication.supply, hours: replication.hours))
            run.contactsPlayed += replication.contacts.count
        }
        return run.report()
    }

    private init(model: PlanningModel) {
        self.model = model
    }

    private func report() -> PlanningReport {
        var report = PlanningReport()
        report.contactsPlayed = contactsPlayed
        report.total = demand(of: Array(model.traffic.indices))
        for queueID in queues {
            let members = model.traffic.indices.filter { model.traffic[$0].queueID == queueID }
            let channels = ChannelKind.allCases.filter { kind in members.contains { model.traffic[$0].channel == kind }
            }
            for channel in channels {
                let some = members.filter { model.traffic[$0].channel == channel }
                report.rows.append(.init(queueID: queueID, channel: channel, demand: demand(of: some)))
            }
            if channels.count > 1 {
                report.rows.append(.init(queueID: queueID, channel: nil, demand: demand(of: members)))
            }
            report.hours.append((queueID, (0..<24).map { hour(of: members, $0) }))
        }
        for poolID in model.configuration.pools.keys where outcomes.contains(where: { $0.supply[poolID] != nil }) {
            report.supply.append((poolID, supply(of: poolID)))
        }
        return report
    }

    /// In the order in which the traffic names them.
    private var queues: [QueueID] {
        var seen: [QueueID] = []
        for traffic in model.traffic where !seen.contains(traffic.queueID) { seen.append(traffic.queueID) }
        return seen
    }

    private func demand(of members: [Int]) -> PlanningReport.Demand {
        let sums = outcomes.map { outcome in members.reduce(Tally()) { $0 + outcome.tallies[$1] } }
        func estimate(_ value: (Tally) -> Double?) -> Estimate? { Estimate(sums.compactMap(value)) }
        let milliseconds = model.days * 86_400_000
        let sorted = sums.map { $0.waits.sorted() }
        return PlanningReport.Demand(
            arrived: estimate { Double($0.arrived) },
            blockedShare: estimate { share($0.blocked, of: $0.arrived) },
            abandonedShare: estimate { share($0.abandoned, of: $0.answered) },
            serviceLevel: estimate { share($0.acceptedInTime, of: $0.answered) },
            waitedShare: estimate { share($0.acceptedLate + $0.abandoned, of: $0.answered) },
            answerSeconds: estimate { seconds($0.waitMilliseconds, over: $0.accepted) },
            answerSecondsP50: Estimate(sorted.compactMap { quantile(0.5, of: $0) }),
            answerSecondsP90: Estimate(sorted.compactMap { quantile(0.9, of: $0) }),
            waitSeconds: estimate {
                seconds($0.waitMilliseconds + $0.abandonedWaitMilliseconds, over: $0.answered)
            },
            handleSeconds: estimate { seconds($0.handleMilliseconds, over: $0.handled) },
            backlog: estimate { Double($0.backlogMilliseconds) / milliseconds },
            backlogMax: estimate { Double($0.backlogMax) },
            unanswered: estimate { Double($0.arrived - $0.blocked - $0.answered) },
            expectationBiasSeconds: estimate { mean($0.expectationBiasSeconds, over: $0.expectations) },
            expectationErrorSeconds: estimate { mean($0.expectationErrorSeconds, over: $0.expectations) },
            withinP50: estimate { share($0.withinP50, of: $0.calibrated) },
            withinP90: estimate { share($0.withinP90, of: $0.calibrated) })
    }

    private func supply(of poolID: PoolID) -> PlanningReport.Supply {
        let tallies = outcomes.map { $0.supply[poolID] ?? SupplyTally() }
        let milliseconds = model.days * 86_400_000
        return PlanningReport.Supply(
            present: Estimate(tallies.map { Double($0.presentMilliseconds) / milliseconds }),
            occupancy: Estimate(
                tallies.compactMap { share(Int($0.busyMilliseconds), of: Int($0.presentMilliseconds)) }),
            utilisation: Estimate(
                tallies.compactMap { share(Int($0.loadMilliseconds), of: Int($0.capacityMilliseconds)) }))
    }

    private func hour(of members: [Int], _ hour: Int) -> PlanningReport.Hour {
        let sums = outcomes.map { outcome in members.reduce(HourTally()) { $0 + outcome.hours[$1][hour] } }
        func estimate(_ value: (HourTally) -> Double?) -> Estimate? { Estimate(sums.compactMap(value)) }
        return PlanningReport.Hour(
            arrived: estimate { Double($0.arrived) / max(1, model.days) },
            serviceLevel: estimate { share($0.acceptedInTime, of: $0.accepted + $0.abandoned) },
            answerSeconds: estimate { seconds($0.waitMilliseconds, over: $0.accepted) },
            abandonedShare: estimate { share($0.abandoned, of: $0.accepted + $0.abandoned) })
    }
}

extension Tally {
    fileprivate var answered: Int { accepted + abandoned }
}

extension HourTally {
    fileprivate static func + (left: HourTally, right: HourTally) -> HourTally {
        HourTally(
            arrived: left.arrived + right.arrived, accepted: left.accepted + right.accepted,
            acceptedInTime: left.acceptedInTime + right.acceptedInTime, abandoned: left.abandoned + right.abandoned,
            waitMilliseconds: left.waitMilliseconds + right.waitMilliseconds)
    }
}

private func share(_ part: Int, of whole: Int) -> Double? { whole > 0 ? Double(part) / Double(whole) : nil }

private func mean(_ sum: Double, over count: Int) -> Double? { count > 0 ? sum / Double(count) : nil }

private func seconds(_ milliseconds: Int64, over count: Int) -> Double? {
    mean(Double(milliseconds) / 1_000, over: count)
}

/// - Source: Hyndman, Fan: Sample quantiles in statistical packages, 1996, definition 1.
private func quantile(_ share: Double, of sorted: [Int64]) -> Double? {
    guard !sorted.isEmpty else { return nil }
    let index = Int((share * Double(sorted.count)).rounded(.up)) - 1
    return Double(sorted[max(0, index)]) / 1_000
}
