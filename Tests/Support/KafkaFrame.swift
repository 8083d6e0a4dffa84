/// Reads as much of Kafka's protocol as `KafkaProxy` needs, in the versions that librdkafka 2.0.2 speaks.
///
/// - Source: https://kafka.apache.org/protocol, sections Fetch, JoinGroup, TxnOffsetCommit.
struct KafkaFrame {
    private let frame: [UInt8]
    private var place = 0

    init(_ frame: [UInt8]) {
        self.frame = frame
    }

    private mutating func number(_ size: Int) -> Int64 {
        guard place + size <= frame.count else { return -1 }
        var value: Int64 = frame[place] < 0x80 ? 0 : -1
        for byte in frame[place..<place + size] { value = value << 8 | Int64(byte) }
        place += size
        return value
    }

    private mutating func variable() -> Int {
        var (value, shift) = (0, 0)
        while place < frame.count {
            let byte = frame[place]
            place += 1
            value |= Int(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return value
    }

    private mutating func text(_ size: Int) -> String {
        guard size > 0, place + size <= frame.count else { return "" }
        defer { place += size }
        return String(decoding: frame[place..<place + size], as: UTF8.self)
    }

    private mutating func shortText() -> String { text(Int(number(2))) }
    private mutating func compactText() -> String { text(variable() - 1) }

    /// - Returns: the request's number and version; the place is then behind the client's name.
    @discardableResult
    mutating func requestHead() -> (key: Int16, version: Int16) {
        let (key, version) = (Int16(number(2)), Int16(number(2)))
        _ = number(4)
        _ = shortText()
        return (key, version)
    }

    static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    // MARK: - Fetch

    static func fetchWaitMilliseconds(_ request: [UInt8]) -> Int {
        var frame = KafkaFrame(request)
        frame.requestHead()
        _ = frame.number(4)
        return max(0, Int(frame.number(4)))
    }

    /// Neither records nor an error.
    static func isEmptyFetch(_ answer: [UInt8], version: Int16) -> Bool {
        var frame = KafkaFrame(answer)
        _ = frame.number(8)
        if version >= 7 {
            guard frame.number(2) == 0 else { return false }
            _ = frame.number(4)
        }
        for _ in 0..<max(0, frame.number(4)) {
            _ = frame.shortText()
            for _ in 0..<max(0, frame.number(4)) {
                _ = frame.number(4)
                guard frame.number(2) == 0 else { return false }
                _ = frame.number(8)
                if version >= 4 {
                    _ = frame.number(8)
                    if version >= 5 { _ = frame.number(8) }
                    for _ in 0..<max(0, frame.number(4)) {
                        _ = frame.number(8)
                        _ = frame.number(8)
                    }
                    if version >= 11 { _ = frame.number(4) }
                }
                guard frame.number(4) <= 0 else { return false }
            }
        }
        return true
    }

    // MARK: - Where the broker is

    /// A port behind the host's name.
    static func replacePort(_ port: Int, with other: Int, in answer: inout [UInt8]) {
        let (found, new) = (bytes(Int32(port)), bytes(Int32(other)))
        guard answer.count > 4 else { return }
        for index in 1..<answer.count - 3
        where Array(answer[index..<index + 4]) == found && answer[index - 1] > UInt8(ascii: " ") {
            answer.replaceSubrange(index..<index + 4, with: new)
        }
    }

    // MARK: - Groups

    static func joined(_ request: [UInt8], _ answer: [UInt8], version: Int16) -> (group: String, generation: Int32)? {
        var frame = KafkaFrame(request)
        frame.requestHead()
        let group = frame.shortText()
        var reply = KafkaFrame(answer)
        _ = reply.number(version >= 2 ? 8 : 4)
        guard reply.number(2) == 0 else { return nil }
        return (group, Int32(truncatingIfNeeded: reply.number(4)))
    }

    /// Nil in a version that says none.
    static func committedGeneration(_ request: [UInt8], version: Int16) -> (group: String, generation: Int32)? {
        guard version >= 3 else { return nil }
        var frame = KafkaFrame(request)
        frame.requestHead()
        _ = frame.variable()
        _ = frame.compactText()
        let group = frame.compactText()
        _ = frame.number(8)
        _ = frame.number(2)
        return (group, Int32(truncatingIfNeeded: frame.number(4)))
    }

    /// Puts an error on each partition of the answer to a transactional commit of version 3.
    static func refuseCommit(_ answer: inout [UInt8], with error: Int16) {
        var frame = KafkaFrame(answer)
        _ = frame.number(4)
        _ = frame.variable()
        _ = frame.number(4)
        for _ in 0..<max(0, frame.variable() - 1) {
            _ = frame.compactText()
            for _ in 0..<max(0, frame.variable() - 1) {
                _ = frame.number(4)
                answer.replaceSubrange(frame.place..<frame.place + 2, with: bytes(error))
                _ = frame.number(2)
                _ = frame.variable()
            }
            _ = frame.variable()
        }
    }
}
