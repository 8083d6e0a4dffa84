import Synchronization

/// Everything that one run of `patchbay up` has started, in the order in which it was started.
final class StartedProcesses: Sendable {
    private let processes = Mutex<[ChildProcess]>([])

    func add(_ process: ChildProcess) {
        processes.withLock { $0.append(process) }
    }

    /// The process that ends before the others.
    /// - Throws: `CancellationError` when the waiting is cancelled.
    func firstToEnd() async throws -> ChildProcess {
        let (ended, continuation) = AsyncStream.makeStream(of: ChildProcess.self, bufferingPolicy: .bufferingOldest(1))
        for process in processes.withLock(\.self) {
            Task {
                _ = await process.waitForExit()
                continuation.yield(process)
            }
        }
        for await process in ended { return process }
        throw CancellationError()
    }

    /// The services together, and the broker after them, since they commit before they leave.
    /// - Returns: names of services that did not stop as they should. The broker's data is not wanted again.
    func stopAll() async -> [String] {
        let all = processes.withLock(\.self)
        let unclean = await Stack.stop(all.filter { $0.name != DevelopmentBroker.processName })
        for broker in all where broker.name == DevelopmentBroker.processName {
            await broker.stop(patience: .seconds(3))
        }
        return unclean
    }
}
