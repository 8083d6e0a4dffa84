internal import NIOCore
internal import NIOHTTPTypes

/// Closes the connections of clients that are too slow, whether they mean it or not: each holds memory and a file.
/// Says when a client hangs up.
///
/// ```
///  accepted ──head──▶ body ──end──▶ answered ──▶ (idle, which Hummingbird's own time-out ends)
///     │ head             │ body          │ answer: written, but not read
///     ▼                  ▼               ▼
///   closed             closed          closed
/// ```
/// A dripping head of a later request on the same connection counts as idle until it is complete.
final class ConnectionTimes: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// From the connection to the whole first head.
    static let headTime = TimeAmount.seconds(10)
    /// From a head to the end of its body.
    static let bodyTime = TimeAmount.seconds(20)
    /// Without room for more of an answer.
    static let answerTime = TimeAmount.seconds(20)
    /// Without any request.
    static let idleTime = TimeAmount.seconds(60)
    /// For head and body beyond the limit of connections, where probes must come through.
    static let spareTime = TimeAmount.seconds(1)

    private let connections: OpenConnections
    private let connection: Connection
    private var reading: Scheduled<Void>?
    private var writing: Scheduled<Void>?
    private var hasBegun = false

    init(_ connections: OpenConnections, _ connection: Connection) {
        self.connections = connections
        self.connection = connection
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard !hasBegun else { return }
        hasBegun = true
        reading = close(context, after: connection.isSpare ? Self.spareTime : Self.headTime, "head")
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            reading?.cancel()
            reading = close(context, after: connection.isSpare ? Self.spareTime : Self.bodyTime, "body")
        case .body: break
        case .end:
            reading?.cancel()
            reading = nil
        }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { connection.hangUp() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        writing?.cancel()
        writing = context.channel.isWritable ? nil : close(context, after: Self.answerTime, "answer")
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    private func end() {
        reading?.cancel()
        writing?.cancel()
        (reading, writing) = (nil, nil)
    }

    private func close(
        _ context: ChannelHandlerContext, after time: TimeAmount, _ missing: String
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            self.connections.slow.increment([missing])
            context.close(promise: nil)
        }
    }
}
