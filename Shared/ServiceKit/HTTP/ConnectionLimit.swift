internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Answers on connections beyond the limit: probes as always, everybody else with 503, which costs no task.
///
/// ```
///  accepted ──head──▶ 503, closed when the request has come
///     │        └──▶ a probe: answered, then closed
///     │        └──▶ there is room again: as any other
///     └ no head within a second (`ConnectionTimes`) ──▶ closed
/// ```
final class ConnectionLimit: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private static let probes: Set<Substring> = ["/livez", "/readyz", "/metrics"]

    private let connections: OpenConnections
    private let connection: Connection
    private var isRefused = false

    init(_ connections: OpenConnections, _ connection: Connection) {
        self.connections = connections
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard connection.isSpare, connections.isFull || isRefused else { return context.fireChannelRead(data) }
        switch unwrapInboundIn(data) {
        case .head(let head):
            let path = head.path ?? ""
            guard !isRefused else { return }
            guard Self.probes.contains(path.prefix { $0 != "?" }) else { return refuse(context, path) }
            context.fireChannelRead(data)
            context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        case .body:
            if !isRefused { context.fireChannelRead(data) }
        case .end:
            if isRefused { context.close(promise: nil) } else { context.fireChannelRead(data) }
        }
    }

    private func refuse(_ context: ChannelHandlerContext, _ path: String) {
        isRefused = true
        connections.refused.increment(["connections", "full"])
        var problem = Problem.overloaded("At most \(connections.limit) connections are open here.")
        problem.headers[.connection] = "close"
        let (head, body) = problem.parts(instance: path)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
