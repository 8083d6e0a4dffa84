import Glibc

/// Kafka's protocol as far as a group's membership goes, by hand over a plain socket: it can speak in the name of a
/// member that cannot any more, which no client library does.
///
/// Blocks its thread; one request at a time.
/// - Source: Apache Kafka protocol guide, DescribeGroups v0, LeaveGroup v3, request header v1.
struct GroupProtocol: ~Copyable {
    struct Member {
        var id: String
        var clientID: String
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private static let answerSeconds = 30
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var patience = timeval(tv_sec: Self.answerSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw Failure(description: "no broker on port \(port): errno \(errno)")
        }
    }

    deinit { close(descriptor) }

    /// Who is in the group at this moment; nobody if there is none.
    func members(of group: String) throws -> [Member] {
        var answer = try ask(apiKey: 15, version: 0) { request in
            request.append(Int32(1))
            request.append(group)
        }
        guard try answer.integer(Int32.self) == 1 else { throw Failure(description: "one group was asked for") }
        let code = try answer.integer(Int16.self)
        guard code == 0 else { throw Failure(description: "DescribeGroups \(group): error \(code)") }
        for _ in 0..<4 { _ = try answer.text() }
        return try (0..<answer.integer(Int32.self)).map { _ in
            let member = Member(id: try answer.text(), clientID: try answer.text())
            _ = try answer.text()
            try answer.skipBytes()
            try answer.skipBytes()
            return member
        }
    }

    /// Leaves the group in a member's name.
    func leave(_ group: String, memberID: String) throws {
        var answer = try ask(apiKey: 13, version: 3) { request in
            request.append(group)
            request.append(Int32(1))
            request.append(memberID)
            request.append(Int16(-1))
        }
        _ = try answer.integer(Int32.self)
        let code = try answer.integer(Int16.self)
        guard code == 0 else { throw Failure(description: "LeaveGroup \(group) of \(memberID): error \(code)") }
    }

    private func ask(apiKey: Int16, version: Int16, _ body: (inout Request) -> Void) throws -> Answer {
        var request = Request()
        request.append(apiKey)
        request.append(version)
        request.append(Int32(1))
        request.append("patchbay-test")
        body(&request)
        var framed = Request()
        framed.append(Int32(request.bytes.count))
        framed.bytes += request.bytes
        guard send(descriptor, framed.bytes, framed.bytes.count, Int32(MSG_NOSIGNAL)) == framed.bytes.count else {
            throw Failure(description: "the broker takes no request: errno \(errno)")
        }
        var length = Answer(bytes: try receive(4)[...])
        var answer = Answer(bytes: try receive(Int(try length.integer(Int32.self)))[...])
        _ = try answer.integer(Int32.self)
        return answer
    }

    private func receive(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let received = recv(descriptor, &bytes, count, Int32(MSG_WAITALL))
        guard received == count else { throw Failure(description: "the broker's answer broke off: errno \(errno)") }
        return bytes
    }
}

private struct Request {
    var bytes: [UInt8] = []

    mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
    }

    mutating func append(_ text: String) {
        append(Int16(text.utf8.count))
        bytes += text.utf8
    }
}

private struct Answer {
    var bytes: ArraySlice<UInt8>

    mutating func integer<Number: FixedWidthInteger>(_: Number.Type) throws -> Number {
        try take(Number.bitWidth / 8).reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
    }

    mutating func text() throws -> String {
        String(decoding: try take(max(0, Int(integer(Int16.self)))), as: UTF8.self)
    }

    mutating func skipBytes() throws {
        _ = try take(max(0, Int(integer(Int32.self))))
    }

    private mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        guard bytes.count >= count else { throw GroupProtocol.Failure(description: "an answer is too short") }
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count)
    }
}
