import Crypto
import Foundation
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// Where the journey's replies arrive: a Standard Webhooks endpoint, and a stand-in for Twilio's REST interface.
///
/// A real HTTP server on loopback; what it got is kept as it came.
final class Receiver: Sendable {
    /// One request that a channel account's delivery made.
    struct Delivery: Sendable {
        enum Kind: Hashable, Sendable {
            case webhook, twilio
        }

        var kind: Kind
        var headers: [String: String]
        var body: [UInt8]
        var receivedAt: ContinuousClock.Instant
    }

    private let deliveries = Mutex<[Delivery]>([])

    var all: [Delivery] { deliveries.withLock(\.self) }

    /// Serves until cancelled.
    /// - Parameter ready: is told the port once, when requests are taken.
    func run(port: Int = 0, ready: @escaping @Sendable (Int) -> Void) async throws {
        let router = Router()
        router.post("replies") { request, _ in
            try await self.take(.webhook, request)
            return Response(status: .noContent)
        }
        router.post("2010-04-01/Accounts/:account/Messages.json") { request, _ in
            let delivery = try await self.take(.twilio, request)
            let sid = "SM" + SHA256.hash(data: delivery.body).prefix(16).map(Self.hex).joined()
            return Response(
                status: .created, headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: #"{"sid":"\#(sid)","status":"queued"}"#)))
        }
        // Asked when a try may have arrived: here none has that was not answered.
        router.get("2010-04-01/Accounts/:account/Messages.json") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: #"{"messages":[]}"#)))
        }
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in ready(channel.localAddress?.port ?? port) },
            logger: Logger(label: "receiver") { _ in SwiftLogNoOpLogHandler() })
        try await application.run()
    }

    @discardableResult
    private func take(_ kind: Delivery.Kind, _ request: Request) async throws -> Delivery {
        let buffer = try await request.body.collect(upTo: 1 << 20)
        var headers: [String: String] = [:]
        for field in request.headers { headers[field.name.canonicalName] = field.value }
        let delivery = Delivery(kind: kind, headers: headers, body: Array(buffer.readableBytesView), receivedAt: .now)
        deliveries.withLock { $0.append(delivery) }
        return delivery
    }

    private static func hex(_ byte: UInt8) -> String {
        String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }
}
