internal import Synchronization

/// One request that waits: woken to look again, any number of times, until something ends it.
final class Waiter: Sendable {
    enum Sign: Sendable {
        /// What is waited for may have changed.
        case changed
        /// Its time is over, or the service stops.
        case over
        /// A newer request took its place.
        case superseded
        /// Nobody is there any more.
        case hungUp
    }

    private struct State {
        /// The first look after entering sees what changed before it.
        var isChanged = true
        var end: Sign?
        var continuation: CheckedContinuation<Sign, Never>?

        mutating func next() -> Sign? {
            guard isChanged else { return end }
            isChanged = false
            return .changed
        }
    }

    private let state = Mutex(State())

    /// Cheap, from any thread. Only the first end counts.
    func give(_ sign: Sign) {
        let resumed = state.withLock { state -> (CheckedContinuation<Sign, Never>, Sign)? in
            if case .changed = sign { state.isChanged = true } else if state.end == nil { state.end = sign }
            guard let continuation = state.continuation, let sign = state.next() else { return nil }
            state.continuation = nil
            return (continuation, sign)
        }
        resumed?.0.resume(returning: resumed?.1 ?? .over)
    }

    /// The next sign: a change before the end, so that nothing is missed. For one task.
    func next() async -> Sign {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let sign = state.withLock { state -> Sign? in
                    let sign = state.next()
                    if sign == nil { state.continuation = continuation }
                    return sign
                }
                if let sign { continuation.resume(returning: sign) }
            }
        } onCancel: {
            give(.hungUp)
        }
    }
}
