import Foundation
internal import Kafka
import Synchronization

/// Stands before the local broker and does what Apache Kafka does and that one does not: an empty fetch waits for
/// `fetch.wait.max.ms`, and a transactional commit of an old group generation is refused. Answers can be spoilt besides,
/// as brokers spoil them that were away.
///
/// One thread a connection, one request at a time, as Kafka takes them.
package final class KafkaProxy: Sendable {
    /// Requests by their numbers in the protocol.
    package enum Request: Int16, Sendable {
        case fetch = 1
        case metadata = 3
        case findCoordinator = 10
        case joinGroup = 11
        case heartbeat = 12
        case syncGroup = 14
        case transactionalOffsetCommit = 28
    }

    private struct State {
        var sockets: Set<Int32> = []
        var isClosed = false
        /// The latest generation of each group.
        var generations: [String: Int32] = [:]
        var spoilt: [Request: (error: Int16, times: Int)] = [:]
        var refusedCommits = 0
        var fetches = 0
    }

    private let broker: LocalBroker
    private let holdsFetches: Bool
    private let listener: Int32
    private let state = Mutex(State())
    package let port: Int

    /// - Parameter holdsFetches: false leaves empty fetches as the local broker answers them: at once.
    package init(before broker: LocalBroker, holdsFetches: Bool = true) throws {
        self.broker = broker
        self.holdsFetches = holdsFetches
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        port = try freePort()
        var address = Self.address(port)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(listener, 128) == 0 else {
            throw LocalBroker.Unavailable(description: "the proxy could not listen on port \(port)")
        }
        Thread.detachNewThread { self.acceptAll() }
    }

    /// What its clients connect with: without any of the pauses for the local broker.
    package var properties: [String: String] {
        broker.properties.merging([
            "bootstrap.servers": "127.0.0.1:\(port)", BrokerKind.property: BrokerKind.kafka.rawValue,
        ]) { $1 }
    }

    /// Answers the next requests of this kind with an error's number in the protocol, whatever the broker says.
    package func spoil(_ request: Request, with error: Int16, times: Int = 1) {
        state.withLock { $0.spoilt[request] = (error, times) }
    }

    /// How many answers are still to be spoilt.
    package func left(_ request: Request) -> Int { state.withLock { $0.spoilt[request]?.times ?? 0 } }

    /// Fetches that clients have asked for.
    package var fetches: Int { state.withLock { $0.fetches } }

    /// Commits refused for their generation.
    package var refusedCommits: Int { state.withLock { $0.refusedCommits } }

    package func close() {
        let open = state.withLock { state in
            state.isClosed = true
            return state.sockets
        }
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
        for socket in open { shutdown(socket, Int32(SHUT_RDWR)) }
    }

    // MARK: - On threads of its own

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    private func acceptAll() {
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            Thread.detachNewThread { self.serve(client) }
        }
    }

    private func serve(_ client: Int32) {
        let upstream = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer {
            for socket in [client, upstream] {
                _ = state.withLock { $0.sockets.remove(socket) }
                Glibc.close(socket)
            }
        }
        let isClosed = state.withLock { state in
            state.sockets.formUnion([client, upstream])
            return state.isClosed
        }
        var address = Self.address(broker.port)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(upstream, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0, !isClosed else { return }
        var one: Int32 = 1
        for socket in [client, upstream] {
            setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        }
        while let request = Self.readFrame(client), let answer = answer(to: request, upstream) {
            guard Self.write(answer, to: client) else { return }
        }
    }

    private func answer(to request: [UInt8], _ upstream: Int32) -> [UInt8]? {
        var frame = KafkaFrame(request)
        let head = frame.requestHead()
        guard Self.write(request, to: upstream), var answer = Self.readFrame(upstream) else { return nil }
        guard let kind = Request(rawValue: head.key) else { return answer }
        switch kind {
        case .fetch:
            state.withLock { $0.fetches += 1 }
            let patience = holdsFetches ? KafkaFrame.fetchWaitMilliseconds(request) : 0
            let end = ContinuousClock.now + .milliseconds(patience)
            while KafkaFrame.isEmptyFetch(answer, version: head.version), ContinuousClock.now < end {
                usleep(2_000)
                guard Self.write(request, to: upstream), let next = Self.readFrame(upstream) else { return nil }
                answer = next
            }
        case .metadata, .findCoordinator: KafkaFrame.replacePort(broker.port, with: port, in: &answer)
        case .joinGroup:
            if let (group, generation) = KafkaFrame.joined(request, answer, version: head.version) {
                state.withLock { $0.generations[group] = generation }
            }
        case .transactionalOffsetCommit:
            let known = KafkaFrame.committedGeneration(request, version: head.version)
            let isStale = known.map { known in
                state.withLock { known.generation < $0.generations[known.group] ?? 0 }
            }
            if isStale ?? false {
                state.withLock { $0.refusedCommits += 1 }
                KafkaFrame.refuseCommit(&answer, with: 22)
            }
        // Which the local broker needs, and Kafka does not: else it forgets those who come last.
        case .syncGroup: usleep(100_000)
        case .heartbeat: break
        }
        if let error = takeSpoilt(kind) {
            if kind == .transactionalOffsetCommit {
                KafkaFrame.refuseCommit(&answer, with: error)
            } else {
                // Correlation, throttle time, error.
                answer.replaceSubrange(8..<10, with: KafkaFrame.bytes(error))
            }
        }
        return answer
    }

    private func takeSpoilt(_ request: Request) -> Int16? {
        state.withLock { state in
            guard let spoilt = state.spoilt[request], spoilt.times > 0 else { return nil }
            state.spoilt[request] = (spoilt.error, spoilt.times - 1)
            return spoilt.error
        }
    }

    private static func readFrame(_ socket: Int32) -> [UInt8]? {
        guard let head = read(4, from: socket) else { return nil }
        let size = head.reduce(0) { $0 << 8 | Int($1) }
        return read(size, from: socket)
    }

    private static func read(_ count: Int, from socket: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes { recv(socket, $0.baseAddress! + done, count - done, 0) }
            guard got > 0 else { return nil }
            done += got
        }
        return bytes
    }

    private static func write(_ frame: [UInt8], to socket: Int32) -> Bool {
        let bytes = KafkaFrame.bytes(Int32(frame.count)) + frame
        var done = 0
        while done < bytes.count {
            let sent = bytes.withUnsafeBytes {
                send(socket, $0.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            done += sent
        }
        return true
    }
}
