import Foundation
import Glibc
import ServiceKit
import Synchronization

/// What a service answered.
struct Reply: Sendable {
    var status: Int
    /// By name in lower case.
    var headers: [String: String]
    var body: String

    /// The body as JSON; null when it is none.
    var json: JSONValue { (try? JSONValue(parsing: body.utf8)) ?? .null }

    /// The code of a problem, when this is one in every respect.
    var problem: String? {
        guard headers["content-type"] == "application/problem+json", let code = json["code"]?.string,
            json["type"]?.string == "https://patchbay.dev/problems/\(code)", json["status"]?.integer == Int64(status),
            json["title"]?.string?.isEmpty == false, json["detail"]?.string?.isEmpty == false,
            json["instance"]?.string?.hasPrefix("/") == true
        else { return nil }
        return code
    }

    /// Fields named by the problem's errors.
    var fields: [String] { json["errors"]?.array?.compactMap { $0["field"]?.string } ?? [] }

    init?(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
        guard let end = text.range(of: "\n\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
        self.status = status
        body = String(text[end.upperBound...])
        headers = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.last.map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }
}

/// A connection to a service on loopback that sends whatever bytes a test likes.
final class RawConnection: Sendable {
    struct Failure: Error {
        var what: String
    }

    private let descriptor: Int32
    private let isClosed = Atomic<Bool>(false)

    /// - Parameter seconds: how long reading waits before the test fails.
    init(port: Int, seconds: Int = 60) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(what: "connect: \(errno)") }
    }

    /// False when the service has closed the connection.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Everything until the service closes the connection.
    func readAll() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 || (count < 0 && errno == ECONNRESET && !bytes.isEmpty) { return bytes }
            guard count > 0 else { throw Failure(what: "read: \(errno)") }
            bytes += buffer[0..<count]
        }
    }

    /// Once is enough: the number may be another file's by now.
    func close() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        shutdown(descriptor, Int32(SHUT_RDWR))
        Glibc.close(descriptor)
    }
}

/// Runs what blocks on a thread of its own.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}

/// One request over a connection of its own.
func send(
    _ method: String, _ path: String, port: Int, headers: [String: String] = [:], body: [UInt8]? = nil
) async throws -> Reply {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    if let body, headers["Transfer-Encoding"] == nil { head += "Content-Length: \(body.count)\r\n" }
    let bytes = Array("\(head)\r\n".utf8) + (body ?? [])
    return try await onThread {
        let connection = try RawConnection(port: port)
        defer { connection.close() }
        connection.write(bytes)
        let answer = try connection.readAll()
        guard let reply = Reply(answer) else {
            throw RawConnection.Failure(what: "no HTTP: \(String(decoding: answer, as: UTF8.self))")
        }
        return reply
    }
}

func get(_ path: String, port: Int, headers: [String: String] = [:]) async throws -> Reply {
    try await send("GET", path, port: port, headers: headers)
}

/// Posts a text as JSON.
func post(_ path: String, _ body: String, port: Int, headers: [String: String] = [:]) async throws -> Reply {
    let headers = headers.merging(["Content-Type": "application/json"]) { given, _ in given }
    return try await send("POST", path, port: port, headers: headers, body: Array(body.utf8))
}

/// Waits for a condition that another thread or task brings about.
func eventually(within seconds: Int = 60, _ condition: @Sendable () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}
