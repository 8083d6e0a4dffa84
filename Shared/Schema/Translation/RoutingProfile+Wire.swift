package import Domain
import OrderedCollections
import SwiftProtobuf

// What is left at its default is not written: a profile of before has the bytes that it had.

extension RoutingProfile: WireValue {
    package var wire: WireRoutingProfile {
        .with {
            $0.id = id.rawValue
            $0.capacity = capacity.wire
            $0.weights = wireWeights(weights)
            $0.defaultWeight = defaultWeight.wire
            $0.presenceLeaseSeconds = presenceLeaseSeconds.wire
            $0.graceSeconds = graceSeconds.wire
            $0.channelMaxima = wireWeights(channelMaxima)
            $0.interruptions = interruptions.elements.map { channel, interrupted in
                .with {
                    $0.channel = channel.wire
                    $0.interrupted = interrupted.map(\.wire)
                }
            }
            if let idleAfterSeconds { $0.idleAfterSeconds = idleAfterSeconds.wire }
            if idleWeightPercent != 100 { $0.idleWeightPercent = idleWeightPercent.wire }
            $0.parkedWeightPercent = parkedWeightPercent.wire
            if let occupancyGuard { $0.occupancyGuard = occupancyGuard.wire }
            if let missedOffersMax { $0.missedOffersMax = missedOffersMax.wire }
            if mode != .push { $0.mode = mode.wire }
            $0.queueIds = queues.map(\.rawValue)
        }
    }

    package init(wire: WireRoutingProfile) throws(WireError) {
        var interruptions: OrderedDictionary<ChannelKind, [ChannelKind]> = [:]
        for (index, interruption) in wire.interruptions.enumerated() {
            let field = "interruptions[\(index)]"
            var interrupted: [ChannelKind] = []
            for channel in interruption.interrupted {
                interrupted.append(try .required("\(field).interrupted", channel))
            }
            interruptions[try .required("\(field).channel", interruption.channel)] = interrupted
        }
        self.init(
            id: try .required("id", wire.id), capacity: Int(wire.capacity),
            weights: try domainWeights("weights", wire.weights), defaultWeight: Int(wire.defaultWeight),
            channelMaxima: try domainWeights("channel_maxima", wire.channelMaxima), interruptions: interruptions,
            idleAfterSeconds: wire.hasIdleAfterSeconds ? Int(wire.idleAfterSeconds) : nil,
            idleWeightPercent: wire.hasIdleWeightPercent ? Int(wire.idleWeightPercent) : 100,
            parkedWeightPercent: Int(wire.parkedWeightPercent),
            occupancyGuard: wire.hasOccupancyGuard ? OccupancyGuard(wire: wire.occupancyGuard) : nil,
            missedOffersMax: wire.hasMissedOffersMax ? Int(wire.missedOffersMax) : nil,
            mode: wire.mode == .unspecified ? .push : try .required("mode", wire.mode),
            queues: try QueueID.list("queue_ids", wire.queueIds),
            presenceLeaseSeconds: Int(wire.presenceLeaseSeconds), graceSeconds: Int(wire.graceSeconds))
    }
}

extension RoutingProfile.OccupancyGuard {
    fileprivate var wire: WireRoutingProfile.OccupancyGuard {
        .with {
            $0.percentMax = percentMax.wire
            $0.windowSeconds = windowSeconds.wire
            $0.airSeconds = airSeconds.wire
        }
    }

    fileprivate init(wire: WireRoutingProfile.OccupancyGuard) {
        self.init(
            percentMax: Int(wire.percentMax), windowSeconds: Int(wire.windowSeconds), airSeconds: Int(wire.airSeconds))
    }
}

extension RoutingProfile.Mode: WireEnum {
    package var wire: WireRoutingProfile.Mode {
        switch self {
        case .push: .push
        case .pull: .pull
        }
    }
}

private func wireWeights(_ weights: OrderedDictionary<ChannelKind, Int>) -> [WireRoutingProfile.Weight] {
    weights.elements.map { channel, weight in
        .with {
            $0.channel = channel.wire
            $0.weight = weight.wire
        }
    }
}

private func domainWeights(
    _ field: String, _ wires: [WireRoutingProfile.Weight]
) throws(WireError) -> OrderedDictionary<ChannelKind, Int> {
    var weights: OrderedDictionary<ChannelKind, Int> = [:]
    for (index, weight) in wires.enumerated() {
        weights[try .required("\(field)[\(index)].channel", weight.channel)] = Int(weight.weight)
    }
    return weights
}
