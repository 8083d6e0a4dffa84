internal import CCurl
internal import DequeModule
internal import Glibc
internal import Synchronization

/// The thread of a client: it owns the multi handle and every transfer that was handed over to it.
///
/// ```
///  submit ──▶ submitted ──▶ waiting ──▶ active ──▶ finished
///            (any thread)        (this thread only)
/// ```
/// Cancelling sets a flag on the transfer and wakes the thread, which looks at the flags.
final class TransferLoop: @unchecked Sendable {
    // SAFETY: `waiting` and `active` are touched by the loop's own thread alone, from `run()` to its end. `multi` is
    // used by that thread, except for `curl_multi_wakeup`, which libcurl allows from any thread while the handle
    // lives: it is called under the lock and only before `isStopped` is set there, which precedes the clean-up. The
    // thread holds a strong reference to the loop until it ends.
    private struct Shared {
        var submitted: [Transfer] = []
        /// Transfers accepted and not yet finished.
        var held = 0
        var isClosing = false
        var isStopped = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    let addresses: AddressRules
    let limits: CurlLimits
    private let shared = Mutex(Shared())
    private let multi: UnsafeMutableRawPointer
    private var waiting = Deque<Transfer>()
    private var active: [UnsafeMutableRawPointer: Transfer] = [:]

    init(addresses: AddressRules, limits: CurlLimits) {
        precondition(libraryIsReady, "curl_global_init failed")
        guard let multi = curl_multi_init() else { preconditionFailure("curl_multi_init: out of memory") }
        self.addresses = addresses
        self.limits = limits
        self.multi = multi
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, limits.connectionsMax)
    }

    func start() {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        let result = pthread_create(
            &thread, nil,
            { context in
                let loop = Unmanaged<TransferLoop>.fromOpaque(context!).takeRetainedValue()
                loop.run()
                return nil
            }, context)
        precondition(result == 0, "pthread_create: \(result)")
        pthread_detach(thread)
    }

    // MARK: - From any thread

    func submit(_ transfer: Transfer, _ continuation: Transfer.Continuation) {
        let refusal: CurlError.Code? = shared.withLock { shared in
            if shared.isClosing { return .closed }
            if shared.held >= limits.inFlightMax + limits.waitingMax { return .overloaded }
            shared.held += 1
            transfer.continuation = continuation
            shared.submitted.append(transfer)
            curl_multi_wakeup(multi)
            return nil
        }
        if let refusal { continuation.resume(returning: .failure(CurlError(refusal))) }
    }

    func cancel(_ transfer: Transfer) {
        transfer.isCancelled.store(true, ordering: .releasing)
        shared.withLock { shared in
            if !shared.isStopped { curl_multi_wakeup(multi) }
        }
    }

    func close(_ continuation: CheckedContinuation<Void, Never>) {
        let isStopped = shared.withLock { shared in
            if shared.isStopped { return true }
            shared.isClosing = true
            shared.closers.append(continuation)
            curl_multi_wakeup(multi)
            return false
        }
        if isStopped { continuation.resume() }
    }

    // MARK: - On the loop's own thread

    private func run() {
        ccurl_name_thread("patchbay-curl")
        blockBrokenPipeSignal()
        while takeSubmitted() {
            dropCancelled()
            fillPlaces()
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            if collectFinished() { continue }
            curl_multi_poll(multi, nil, 0, idleMilliseconds, nil)
        }
        stop()
    }

    /// False when the client is closing.
    private func takeSubmitted() -> Bool {
        shared.withLock { shared in
            waiting.append(contentsOf: shared.submitted)
            shared.submitted.removeAll(keepingCapacity: true)
            return !shared.isClosing
        }
    }

    private func dropCancelled() {
        for transfer in active.values where transfer.isCancelled.load(ordering: .acquiring) {
            finish(transfer, .failure(transfer.error(.cancelled)))
        }
        guard waiting.contains(where: { $0.isCancelled.load(ordering: .acquiring) }) else { return }
        let kept = waiting.filter { !$0.isCancelled.load(ordering: .acquiring) }
        let dropped = waiting.filter { transfer in !kept.contains { $0 === transfer } }
        waiting = kept
        for transfer in dropped { finish(transfer, .failure(CurlError(.cancelled))) }
    }

    private func fillPlaces() {
        while active.count < limits.inFlightMax, let transfer = waiting.popFirst() {
            begin(transfer, url: transfer.request.url)
        }
    }

    private func begin(_ transfer: Transfer, url: String) {
        do throws(CurlError) {
            let easy = try transfer.open(url: url)
            let result = curl_multi_add_handle(multi, easy)
            guard result == CURLM_OK else {
                throw CurlError(.failed, context: "curl_multi_add_handle \(result.rawValue)")
            }
            active[easy] = transfer
        } catch {
            finish(transfer, .failure(error))
        }
    }

    /// True when something finished, so places may be free.
    private func collectFinished() -> Bool {
        var remaining: Int32 = 0
        var isChanged = false
        while let message = curl_multi_info_read(multi, &remaining) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let transfer = active[easy]
            else { continue }
            isChanged = true
            let outcome = transfer.outcome(ccurl_message_result(message))
            switch outcome {
            case .finished(let result): finish(transfer, result)
            case .redirected(let url):
                detach(transfer)
                begin(transfer, url: url)
            }
        }
        return isChanged
    }

    private func finish(_ transfer: Transfer, _ result: Transfer.Result) {
        detach(transfer)
        shared.withLock { $0.held -= 1 }
        transfer.continuation?.resume(returning: result)
        transfer.continuation = nil
    }

    private func detach(_ transfer: Transfer) {
        guard let easy = transfer.easy else { return }
        if active.removeValue(forKey: easy) != nil { curl_multi_remove_handle(multi, easy) }
        transfer.close()
    }

    private func stop() {
        for transfer in Array(active.values) { finish(transfer, .failure(transfer.error(.closed))) }
        while let transfer = waiting.popFirst() { finish(transfer, .failure(CurlError(.closed))) }
        let closers = shared.withLock { shared in
            shared.isStopped = true
            defer { shared.closers = [] }
            return shared.closers
        }
        curl_multi_cleanup(multi)
        for closer in closers { closer.resume() }
    }

    /// A write to a closed connection must be an error of that transfer, not the end of the process.
    private func blockBrokenPipeSignal() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}

/// The thread is woken for everything that it must do, so this is only how long it sleeps at most.
private let idleMilliseconds: Int32 = 10_000

/// libcurl's global state, set up once in the process before the first client.
private let libraryIsReady = ccurl_global_init() == CURLE_OK
