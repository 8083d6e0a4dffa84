import Glibc
import Synchronization

/// A small HTTP/1.1 server on loopback whose behaviour a test writes out byte by byte, so that it can misbehave.
///
/// Each connection has a thread of its own that runs the behaviour until it returns; then the connection is closed.
package final class LoopbackServer: Sendable {
    package let port: UInt16
    private let listener: Int32
    private let open = Mutex<Set<Int32>>([])
    private let isStopped = Atomic<Bool>(false)

    package init(_ behaviour: @escaping @Sendable (borrowing Connection) -> Void) {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        port = bindToLoopback(listener)
        listen(listener, 128)
        startThread { [self] in accept(behaviour) }
    }

    /// A server that gives each request to `answer` and writes out what it returns.
    package static func answering(_ answer: @escaping @Sendable (Request) -> Response) -> LoopbackServer {
        LoopbackServer { connection in
            while let request = connection.readRequest() { connection.write(answer(request).bytes) }
        }
    }

    package func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    /// Closes the listener and every connection; behaviours that wait for bytes get none.
    package func stop() {
        guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        open.withLock { for descriptor in $0 { shutdown(descriptor, Int32(SHUT_RDWR)) } }
    }

    /// How many connections are open now.
    package var connectionCount: Int { open.withLock(\.count) }

    private func accept(_ behaviour: @escaping @Sendable (borrowing Connection) -> Void) {
        while !isStopped.load(ordering: .acquiring) {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                break
            }
            open.withLock { _ = $0.insert(descriptor) }
            if isStopped.load(ordering: .acquiring) { shutdown(descriptor, Int32(SHUT_RDWR)) }
            startThread { [self] in
                behaviour(Connection(descriptor: descriptor))
                open.withLock { _ = $0.remove(descriptor) }
                Glibc.close(descriptor)
            }
        }
        Glibc.close(listener)
    }

    package struct Connection: ~Copyable {
        let descriptor: Int32

        /// The next request; nil when the client has closed the connection.
        package func readRequest() -> Request? {
            var head: [UInt8] = []
            var byte: UInt8 = 0
            while !head.suffix(4).elementsEqual([13, 10, 13, 10]) {
                guard recv(descriptor, &byte, 1, 0) == 1 else { return nil }
                head.append(byte)
            }
            var request = Request(head: String(decoding: head, as: UTF8.self))
            var missing = request.header("content-length").flatMap { Int($0) } ?? 0
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while missing > 0 {
                let count = recv(descriptor, &buffer, min(buffer.count, missing), 0)
                guard count > 0 else { return nil }
                request.body.append(contentsOf: buffer.prefix(count))
                missing -= count
            }
            return request
        }

        /// False when the client no longer listens.
        @discardableResult
        package func write(_ bytes: [UInt8]) -> Bool {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }

        @discardableResult
        package func write(_ text: String) -> Bool { write(Array(text.utf8)) }

        /// Returns when the client has closed the connection or the server was stopped.
        package func waitForEnd() {
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) > 0 {}
        }
    }

    package struct Request: Sendable {
        package var method: String
        /// With the query.
        package var path: String
        package var headers: [(name: String, value: String)]
        package var body: [UInt8] = []

        init(head: String) {
            let lines = head.split(whereSeparator: \.isNewline)
            let words = (lines.first ?? "").split(separator: " ")
            method = words.first.map { String($0) } ?? ""
            path = words.dropFirst().first.map { String($0) } ?? ""
            headers = lines.dropFirst().compactMap { line in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                return (line[..<colon].lowercased(), String(value))
            }
        }

        package func header(_ name: String) -> String? {
            headers.first { $0.name == name.lowercased() }?.value
        }

        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    package struct Response: Sendable {
        package var status: Int
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]

        package init(_ status: Int, headers: [(name: String, value: String)] = [], body: String = "") {
            self.status = status
            self.headers = headers
            self.body = Array(body.utf8)
        }

        var bytes: [UInt8] {
            var head = "HTTP/1.1 \(status) Answer\r\nContent-Length: \(body.count)\r\n"
            for header in headers { head += "\(header.name): \(header.value)\r\n" }
            return Array((head + "\r\n").utf8) + body
        }
    }
}

/// A loopback port on which nothing listens, and which nobody else is given while the value lives.
package final class DeafPort: Sendable {
    package let port: UInt16
    private let descriptor: Int32

    package init() {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        port = bindToLoopback(descriptor)
    }

    package func release() { close(descriptor) }
}

/// Binds to a free port and returns it.
private func bindToLoopback(_ descriptor: Int32) -> UInt16 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            precondition(bind(descriptor, $0, length) == 0, "no free port on loopback")
            getsockname(descriptor, $0, &length)
        }
    }
    return UInt16(bigEndian: address.sin_port)
}

private func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Box(body)).toOpaque()
    pthread_create(
        &thread, nil,
        { context in
            Unmanaged<Box>.fromOpaque(context!).takeRetainedValue().body()
            return nil
        }, context)
    pthread_detach(thread)
}
