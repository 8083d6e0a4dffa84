internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTPTypes
internal import Synchronization

/// HTTP/1.1 over connections that are counted, watched, and end well whatever happens to them.
struct HTTPConnections: ServerChildChannel {
    let connections: OpenConnections
    let responder: HTTPChannelHandler.Responder

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<AcceptedConnection> {
        let connections = connections
        let connection = Connection(eventLoop: channel.eventLoop, isSpare: connections.enter())
        channel.closeFuture.whenComplete { _ in
            connections.leave()
            connection.hangUp()
        }
        var configuration = HTTP1Channel.Configuration(
            idleTimeout: ConnectionTimes.idleTime,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16_384, maxHeaderListSize: 65_536, maxHeaderFieldCount: 100))
        configuration.additionalChannelHandlers = {
            [ConnectionTimes(connections, connection), ConnectionLimit(connections, connection)]
        }
        let http = HTTP1Channel(responder: responder, configuration: configuration)
        // A client that does not read its answer costs the kernel this much (which it doubles), and not megabytes.
        return channel.setOption(.socketOption(.so_sndbuf), value: 65_536)
            .flatMap { http.setup(channel: channel, logger: logger) }
            .map { AcceptedConnection(http: $0, connection: connection) }
    }

    func handle(value: AcceptedConnection, logger: Logger) async {
        guard let http = value.take() else { return }
        await Connection.$current.withValue(value.connection) {
            await HTTP1Channel(responder: responder).handle(value: http, logger: logger)
        }
    }
}

/// A connection on its way from the event loop to the task that answers its requests.
///
/// A server that is cancelled takes no more of them, and drops those that wait. NIO ends the process when one of its
/// channels is dropped unfinished (swift-nio issues 2637 and 2813), so one that nobody takes finishes itself.
final class AcceptedConnection: ServerChildChannelValue {
    typealias HTTP = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    let channel: any Channel
    let connection: Connection
    private let untaken: Mutex<HTTP?>

    init(http: HTTP, connection: Connection) {
        channel = http.channel
        self.connection = connection
        untaken = Mutex(http)
    }

    /// What is taken is finished by whoever takes it.
    func take() -> HTTP? {
        untaken.withLock { http in
            defer { http = nil }
            return http
        }
    }

    deinit {
        guard let http = take() else { return }
        // Nobody is left to wait for it; closing takes no time.
        Task { try await http.executeThenClose { _, _ in } }
    }
}
