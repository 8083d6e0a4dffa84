import Glibc
import ServiceKit

@testable import PatchbayCLI

/// An agent who has seen the desk, and waits for news of it, over one connection: a socket, for thousands are needed.
struct WaitingAgent: Sendable {
    private let descriptor: Int32
    private let poll: [UInt8]

    init(_ name: String, token: String, port: Int) throws {
        descriptor = try Self.connect(to: port)
        let head = "Host: localhost\r\nAuthorization: Bearer \(token)\r\n\r\n"
        Self.write(Array("GET /v1/agents/\(name)/work HTTP/1.1\r\n\(head)".utf8), to: descriptor)
        let desk = try Self.read(descriptor).body
        guard let cursor = (try? JSONValue(parsing: Array(desk.utf8)))?["cursor"]?.string else {
            throw StackError("\(name) has no desk: \(desk)")
        }
        poll = Array("GET /v1/agents/\(name)/work?wait=25&cursor=\(cursor) HTTP/1.1\r\n\(head)".utf8)
    }

    func wait() { Self.write(poll, to: descriptor) }

    func read() throws -> (head: String, body: String) { try Self.read(descriptor) }

    func close() { Glibc.close(descriptor) }

    /// A connection whose answers nobody reads, for which the kernel keeps as little as it can on this side.
    static func silent(_ request: String, token: String, port: Int) throws -> Int32 {
        let descriptor = try connect(to: port, receiveBytes: 2_048)
        write(
            Array("GET \(request) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n\r\n".utf8),
            to: descriptor)
        return descriptor
    }

    private static func connect(to port: Int, receiveBytes: Int32? = nil) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw StackError("no more sockets: \(errno)") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var time = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, Int32(SO_RCVTIMEO), &time, socklen_t(MemoryLayout<timeval>.size))
        if var bytes = receiveBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw StackError("cannot connect: \(errno)") }
        return descriptor
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    private static func read(_ descriptor: Int32) throws -> (head: String, body: String) {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { throw StackError("no answer: \(errno), after \(text)") }
            text += String(decoding: buffer[0..<count], as: UTF8.self)
            guard let end = text.firstRange(of: "\r\n\r\n") else { continue }
            let head = text[..<end.lowerBound]
            let field = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
            let length = field.flatMap { Int($0.dropFirst("content-length:".count).filter(\.isNumber)) } ?? 0
            let body = text[end.upperBound...]
            if body.utf8.count >= length { return (String(head), String(body)) }
        }
    }
}
