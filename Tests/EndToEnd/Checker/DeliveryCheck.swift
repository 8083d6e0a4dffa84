import Domain

/// One effect: whatever was sent reached the receiver, with one idempotency key and one content, and came to one end.
struct DeliveryCheck {
    var deliveries: [Checker.Delivery]
    var isOver: Bool

    func check(sent: [Seen<OutboundMessage>], outcomes: [Seen<DeliveryEvent>], _ found: inout [Violation]) {
        let sent = Set(sent.map(\.event.messageID.rawValue))
        let byMessage = Dictionary(grouping: deliveries, by: \.messageID)
        let byKey = Dictionary(grouping: deliveries, by: \.key)
        for (message, deliveries) in byMessage.sorted(by: { $0.key < $1.key }) {
            if !sent.contains(message) { found.append(.neverSent(key: deliveries[0].key)) }
            if Set(deliveries.map(\.key)).count > 1 { found.append(.severalKeys(message: message)) }
        }
        for (key, deliveries) in byKey.sorted(by: { $0.key < $1.key }) where Set(deliveries.map(\.body)).count > 1 {
            found.append(.severalContents(key: key))
        }
        var ends: [String: Int] = [:]
        var failed: Set<String> = []
        for seen in outcomes {
            let message = seen.event.messageID.rawValue
            switch seen.event.kind {
            case .sent: ends[message, default: 0] += 1
            case .failed: failed.insert(message)
            case .delivered, .read: break
            }
        }
        found += failed.sorted().map { .givenUp(message: $0) }
        found += ends.filter { $0.value > 1 }.keys.sorted().map { .severalOutcomes(message: $0) }
        guard isOver else { return }
        let arrived = Set(byMessage.keys).intersection(ends.keys)
        found += sent.subtracting(arrived).subtracting(failed).sorted().map { .undelivered(message: $0) }
    }
}
