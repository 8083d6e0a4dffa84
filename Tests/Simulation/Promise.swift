/// What the simulation watches; the numbers are those of `docs/promises.md`.
enum Promise: Int, CaseIterable, Hashable, Sendable {
    /// The foundation of all others: the outputs are a function of the log, whoever leads and however often it restarts.
    case theLogDecides = 0
    case oneOwner = 2
    case neverOverCapacity = 3
    case onlyTheQualified = 4
    case workConserving = 5
    case noOvertaking = 6
    case noSilence = 7
    case noLoops = 8
    case oneEffect = 9
    case bounded = 13

    var name: String {
        switch self {
        case .theLogDecides: "the log decides"
        case .oneOwner: "one owner"
        case .neverOverCapacity: "never over capacity"
        case .onlyTheQualified: "only the qualified"
        case .workConserving: "work conserving"
        case .noOvertaking: "no overtaking"
        case .noSilence: "no silence"
        case .noLoops: "no loops, no dead ends"
        case .oneEffect: "one effect"
        case .bounded: "bounded"
        }
    }
}

/// Which promise was broken, and how.
struct BrokenPromise: Error, Hashable, CustomStringConvertible {
    var promise: Promise
    var detail: String

    init(_ promise: Promise, _ detail: String) {
        self.promise = promise
        self.detail = detail
    }

    var description: String { "promise \(promise.rawValue), \(promise.name): \(detail)" }
}
