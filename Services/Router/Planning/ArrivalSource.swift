import Domain

/// The arrivals of one kind of contact, with all that is particular to each.
///
/// A contact's times are drawn when it arrives, each from a generator of its own: with the same seed the same customers
/// come at the same times, whatever the staffing, so that two plans are compared under the same traffic.
struct ArrivalSource {
    struct Drawn {
        var handling: Int64
        var reaction: Int64
        var patience: Int64?
        var language: String?
    }

    private let traffic: Traffic
    private var arrivals: SplitMix
    private var handlings: SplitMix
    private var reactions: SplitMix
    private var patiences: SplitMix
    private var languages: SplitMix
    private var clockSeconds = 0.0

    init(_ traffic: Traffic, seed: UInt64, replication: Int, index: Int) {
        self.traffic = traffic
        func generator(_ purpose: UInt64) -> SplitMix {
            SplitMix(seed: seed, purpose: [UInt64(replication), UInt64(index), purpose])
        }
        arrivals = generator(1)
        handlings = generator(2)
        reactions = generator(3)
        patiences = generator(4)
        languages = generator(5)
    }

    /// The next arrival, in milliseconds since the beginning; nil where there is none.
    mutating func next() -> Int64? {
        guard let moment = traffic.perHour.moment(after: clockSeconds, amounting: arrivals.exponential()) else {
            return nil
        }
        clockSeconds = moment
        return Int64((moment * 1_000).rounded())
    }

    mutating func contact() -> Drawn {
        var share = languages.unit()
        let language = traffic.languages.first { candidate in
            share -= candidate.share
            return share <= 0
        }
        return Drawn(
            handling: traffic.handling.milliseconds(using: &handlings),
            reaction: traffic.reaction.milliseconds(using: &reactions),
            patience: traffic.patience?.milliseconds(using: &patiences), language: language?.tag)
    }
}
