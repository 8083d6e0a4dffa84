internal import ServiceLifecycle

/// A part of a service, as the service group runs it.
///
/// The group takes a part that ends by itself, while another one is being stopped, for an accident, and cancels all the
/// rest. So a part that has ended asks for the stop of the whole service, and waits until it is its turn to end.
struct Part: Service {
    let name: String
    let body: @Sendable () async throws -> Void
    /// Asks `body` to end.
    let shutdown: @Sendable () -> Void
    /// Begins the end of the whole service.
    let stop: @Sendable () -> Void

    func run() async throws {
        var failure: PartFailure?
        do {
            try await withGracefulShutdownHandler(operation: body, onGracefulShutdown: shutdown)
        } catch is CancellationError where Task.isCancelled || Task.isShuttingDownGracefully {
            // Ended as asked.
        } catch {
            failure = PartFailure(part: name, underlying: error)
        }
        if !Task.isShuttingDownGracefully {
            stop()
            try? await gracefulShutdown()
        }
        if let failure { throw failure }
    }

    /// A part that begins when the gate opens, and never if it is to end before: a process that cannot be reached takes
    /// no part in anything that others wait for.
    func waiting(for gate: Gate) -> Part {
        Part(
            name: name,
            body: { [body] in
                await gate.passed()
                guard !Task.isCancelled, !Task.isShuttingDownGracefully else { return }
                try await body()
            }, shutdown: shutdown, stop: stop)
    }

    var configuration: ServiceGroupConfiguration.ServiceConfiguration {
        ServiceGroupConfiguration.ServiceConfiguration(
            service: self, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup, serviceName: name)
    }
}

/// A part ended although nobody asked it to.
package struct PartFailure: Error, CustomStringConvertible {
    package let part: String
    package let underlying: any Error

    package var description: String { "\(part) failed: \(underlying)" }
}
