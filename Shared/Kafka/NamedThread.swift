import CRdKafka
import Foundation
import Synchronization

/// A thread of our own, for calls that block: librdkafka, machines, files. The cooperative pool is never blocked.
package final class NamedThread: Sendable {
    private struct State {
        var isFinished = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let finished = DispatchSemaphore(value: 0)
    package let name: String

    private init(_ name: String) {
        self.name = name
    }

    /// Starts a thread that runs `body` once.
    /// - Bounds: the kernel shows the first 15 bytes of the name; the stack is 2 MiB.
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> NamedThread {
        let handle = NamedThread(name)
        let thread = Thread {
            patchbay_name_thread(name)
            body()
            handle.finish()
        }
        thread.stackSize = 2 << 20
        thread.start()
        return handle
    }

    /// Blocks the calling thread until `body` has returned. Not from async code, and not from the thread itself.
    package func join() {
        finished.wait()
        finished.signal()
    }

    /// Suspends until `body` has returned. Does not end early when the task is cancelled.
    package func joined() async {
        await withCheckedContinuation { continuation in
            let isFinished = state.withLock { state in
                if !state.isFinished { state.waiting.append(continuation) }
                return state.isFinished
            }
            if isFinished { continuation.resume() }
        }
    }

    private func finish() {
        let waiting = state.withLock { state in
            state.isFinished = true
            defer { state.waiting = [] }
            return state.waiting
        }
        finished.signal()
        for continuation in waiting { continuation.resume() }
    }
}
