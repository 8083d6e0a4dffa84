internal import Curl
internal import Synchronization

/// Server-sent events of a service, as values. Each event holds all there is to know, so only the latest one is kept
/// for who reads slowly.
enum EventStream {
    /// A connection lives no longer than this; then it is made again.
    static let streamTime = Duration.seconds(86_400)

    static func events<Value: Decodable & Sendable>(
        of service: Service, _ path: [String], after cursor: String?
    ) -> AsyncThrowingStream<Value, any Error> {
        AsyncThrowingStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let reader = Reader(cursor: cursor, continuation: continuation)
            let task = Task {
                do {
                    while true { try await once(service, path, reader) }
                } catch {
                    continuation.finish(throwing: error is CancellationError ? nil : error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    /// One connection, and the pause before the next.
    private static func once<Value>(_ service: Service, _ path: [String], _ reader: Reader<Value>) async throws {
        var pause: Duration?
        do {
            var request = try await service.request("GET", path, [])
            if let cursor = reader.begin() { request.headers.append(CurlHeader("last-event-id", cursor)) }
            request.timeout = streamTime
            request.takesBody = reader.take
            _ = try await service.send(request)
        } catch let error as PatchbayError {
            guard error.isRetriable else { throw error }
            pause = error.retryAfter
        } catch is CancellationError {
            // Either nobody listens any more, or the reader refused what came.
            if let failure = reader.failure { throw failure }
            throw CancellationError()
        }
        try await Task.sleep(for: pause ?? reader.pause)
    }

    /// Takes the bytes of one connection after the other.
    private final class Reader<Value: Decodable & Sendable>: Sendable {
        private struct State {
            var parser = EventParser()
            var cursor: String?
            var failure: PatchbayError?
        }

        private let state: Mutex<State>
        private let continuation: AsyncThrowingStream<Value, any Error>.Continuation

        init(cursor: String?, continuation: AsyncThrowingStream<Value, any Error>.Continuation) {
            state = Mutex(State(cursor: cursor))
            self.continuation = continuation
        }

        var failure: PatchbayError? { state.withLock(\.failure) }
        var pause: Duration { state.withLock { .milliseconds($0.parser.retryMilliseconds) } }

        /// - Returns: the last event's id.
        func begin() -> String? {
            state.withLock { state in
                state.parser = EventParser(retryMilliseconds: state.parser.retryMilliseconds)
                return state.cursor
            }
        }

        @Sendable func take(_ bytes: [UInt8]) -> Bool {
            state.withLock { state in
                do {
                    for event in try state.parser.take(bytes) {
                        continuation.yield(try Coding.decode(Value.self, from: Array(event.data.utf8), status: 200))
                        state.cursor = event.id ?? state.cursor
                    }
                    return true
                } catch {
                    state.failure =
                        error as? PatchbayError ?? PatchbayError(code: .unexpectedAnswer, detail: "\(error)")
                    return false
                }
            }
        }
    }
}

/// Cuts a byte stream into server-sent events.
/// - Source: WHATWG HTML, section 9.2.6.
/// - Bounds: an event of `eventBytesMax`.
struct EventParser {
    static let eventBytesMax = 1 << 20

    struct Event: Equatable {
        var id: String?
        var data: String
    }

    /// How long to wait before the next connection.
    private(set) var retryMilliseconds: Int
    private var line: [UInt8] = []
    private var id: String?
    private var data: [String] = []
    private var size = 0
    private var endedInCarriageReturn = false

    init(retryMilliseconds: Int = 2_000) {
        self.retryMilliseconds = retryMilliseconds
    }

    /// - Throws: `PatchbayError` for an event that is too long.
    mutating func take(_ bytes: [UInt8]) throws(PatchbayError) -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            let isSecondHalf = endedInCarriageReturn && byte == UInt8(ascii: "\n")
            endedInCarriageReturn = byte == UInt8(ascii: "\r")
            if isSecondHalf { continue }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                if let event = endLine() { events.append(event) }
                continue
            }
            line.append(byte)
            size += 1
            guard size <= Self.eventBytesMax else {
                throw PatchbayError(
                    code: .unexpectedAnswer, detail: "An event is longer than \(Self.eventBytesMax) bytes.")
            }
        }
        return events
    }

    private mutating func endLine() -> Event? {
        let text = String(decoding: line, as: UTF8.self)
        line.removeAll(keepingCapacity: true)
        guard !text.isEmpty else {
            defer { (data, size) = ([], 0) }
            return data.isEmpty ? nil : Event(id: id, data: data.joined(separator: "\n"))
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var value = parts.count > 1 ? parts[1] : ""
        if value.first == " " { value.removeFirst() }
        switch parts[0] {
        case "data": data.append(String(value))
        case "id": id = String(value)
        case "retry": retryMilliseconds = Int(value).map { min(max($0, 0), 60_000) } ?? retryMilliseconds
        default: break
        }
        return nil
    }
}
