import Domain
import Foundation
import RouterPlanning

/// A report as JSON, for other programs.
struct PlanningDocument: Encodable {
    struct Value: Encodable {
        var mean: Double
        /// The 95 % confidence interval.
        var low: Double?
        var high: Double?
        var replications: Int

        init?(_ estimate: Estimate?) {
            guard let estimate else { return nil }
            mean = estimate.mean
            low = estimate.halfWidth.map { estimate.mean - $0 }
            high = estimate.halfWidth.map { estimate.mean + $0 }
            replications = estimate.count
        }
    }

    struct Demand: Encodable {
        var queue: String?
        var channel: String?
        var arrived: Value?
        var turnedAwayShare: Value?
        var abandonment: Value?
        var serviceLevel: Value?
        var waitedShare: Value?
        var asaSeconds: Value?
        var frtP50Seconds: Value?
        var frtP90Seconds: Value?
        var meanWaitSeconds: Value?
        var ahtSeconds: Value?
        var backlog: Value?
        var backlogMax: Value?
        var unanswered: Value?
        var ewtBiasSeconds: Value?
        var ewtErrorSeconds: Value?
        var withinP50: Value?
        var withinP90: Value?

        init(_ demand: PlanningReport.Demand, queue: QueueID? = nil, channel: ChannelKind? = nil) {
            self.queue = queue?.rawValue
            self.channel = channel?.rawValue
            arrived = Value(demand.arrived)
            turnedAwayShare = Value(demand.blockedShare)
            abandonment = Value(demand.abandonedShare)
            serviceLevel = Value(demand.serviceLevel)
            waitedShare = Value(demand.waitedShare)
            asaSeconds = Value(demand.answerSeconds)
            frtP50Seconds = Value(demand.answerSecondsP50)
            frtP90Seconds = Value(demand.answerSecondsP90)
            meanWaitSeconds = Value(demand.waitSeconds)
            ahtSeconds = Value(demand.handleSeconds)
            backlog = Value(demand.backlog)
            backlogMax = Value(demand.backlogMax)
            unanswered = Value(demand.unanswered)
            ewtBiasSeconds = Value(demand.expectationBiasSeconds)
            ewtErrorSeconds = Value(demand.expectationErrorSeconds)
            withinP50 = Value(demand.withinP50)
            withinP90 = Value(demand.withinP90)
        }
    }

    struct Supply: Encodable {
        var pool: String
        var agentsPresent: Value?
        var occupancy: Value?
        var utilisation: Value?
    }

    struct Hour: Encodable {
        var queue: String
        var hour: Int
        var arrived: Value?
        var serviceLevel: Value?
        var asaSeconds: Value?
        var abandonment: Value?
    }

    var seed: UInt64
    var replications: Int
    var days: Double
    var warmUpSeconds: Int
    var contactsPlayed: Int
    var serviceLevelFormula = "accepted within the time / (accepted + abandoned)"
    var demand: [Demand]
    var total: Demand
    var supply: [Supply]
    var hours: [Hour]

    init(_ model: PlanningModel, _ report: PlanningReport) {
        seed = model.seed
        replications = model.replications
        days = model.days
        warmUpSeconds = model.warmUpSeconds
        contactsPlayed = report.contactsPlayed
        demand = report.rows.map { Demand($0.demand, queue: $0.queueID, channel: $0.channel) }
        total = Demand(report.total)
        supply = report.supply.map { poolID, supply in
            Supply(
                pool: poolID.rawValue, agentsPresent: Value(supply.present), occupancy: Value(supply.occupancy),
                utilisation: Value(supply.utilisation))
        }
        hours = report.hours.flatMap { queueID, hours in
            hours.enumerated().map { number, hour in
                Hour(
                    queue: queueID.rawValue, hour: number, arrived: Value(hour.arrived),
                    serviceLevel: Value(hour.serviceLevel), asaSeconds: Value(hour.answerSeconds),
                    abandonment: Value(hour.abandonedShare))
            }
        }
    }

    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
