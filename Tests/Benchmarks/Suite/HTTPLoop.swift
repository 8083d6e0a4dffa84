import CEpoll
import DequeModule
import Glibc

/// An HTTP/1.1 client for load: one thread, epoll, connections that stay open, and as little work for each request as
/// can be, since it shares the machine with what it measures.
///
/// Everything belongs to the thread that calls it; handlers run inside `turn`.
final class HTTPLoop {
    /// - Parameters: the status (0: the connection broke), the body, and when it arrived.
    typealias Handler = (_ status: Int, _ body: ArraySlice<UInt8>, _ at: UInt64) -> Void

    fileprivate final class Connection {
        let descriptor: Int32
        let lane: Lane
        var incoming: [UInt8] = []
        var handler: Handler?

        init(_ descriptor: Int32, _ lane: Lane) {
            self.descriptor = descriptor
            self.lane = lane
        }
    }

    /// Requests to one port, over at most so many connections at once; the others wait in line.
    final class Lane {
        fileprivate let port: Int
        fileprivate let connectionsMax: Int
        fileprivate var idle: [Connection] = []
        fileprivate var count = 0
        fileprivate var line: Deque<([UInt8], Handler)> = []

        init(port: Int, connectionsMax: Int) {
            self.port = port
            self.connectionsMax = connectionsMax
        }
    }

    private let epoll = epoll_create1(0)
    private var connections: [Int32: Connection] = [:]
    private var timers: [(at: UInt64, call: () -> Void)] = []
    private var events = [epoll_event](repeating: epoll_event(), count: 256)
    private var chunk = [UInt8](repeating: 0, count: 256 << 10)

    deinit {
        for descriptor in connections.keys { Glibc.close(descriptor) }
        Glibc.close(epoll)
    }

    func send(_ request: [UInt8], over lane: Lane, _ handler: @escaping Handler) {
        if let connection = lane.idle.popLast() ?? connect(lane) {
            start(request, on: connection, handler)
        } else if lane.count > 0 {
            lane.line.append((request, handler))
        } else {
            // Nobody listens, for the moment.
            after(milliseconds: 5) { [self] in send(request, over: lane, handler) }
        }
    }

    /// Calls later, inside `turn`.
    func after(milliseconds: UInt64, _ call: @escaping () -> Void) {
        timers.append((Clock.nanoseconds + milliseconds * 1_000_000, call))
    }

    /// Waits for answers until the time that is given, and hands them out.
    func turn(until: UInt64) {
        let wait = Clock.span(to: timers.reduce(until) { min($0, $1.at) })
        var time = timespec(tv_sec: Int(wait / 1_000_000_000), tv_nsec: Int(wait % 1_000_000_000))
        let count = epoll_pwait2(epoll, &events, Int32(events.count), &time, nil)
        for event in events.prefix(Int(max(0, count))) {
            if let connection = connections[event.data.fd] { read(connection) }
        }
        guard !timers.isEmpty else { return }
        let now = Clock.nanoseconds
        let due = timers.filter { $0.at <= now }
        timers.removeAll { $0.at <= now }
        for timer in due { timer.call() }
    }

    private func start(_ request: [UInt8], on connection: Connection, _ handler: @escaping Handler) {
        connection.handler = handler
        let written = Glibc.send(connection.descriptor, request, request.count, Int32(MSG_NOSIGNAL))
        // Requests are smaller than any socket's buffer, so either all of it fits or the connection is gone.
        if written != request.count { end(connection) }
    }

    private func connect(_ lane: Lane) -> Connection? {
        guard lane.count < lane.connectionsMax, let descriptor = Sockets.connect(port: lane.port) else { return nil }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let connection = Connection(descriptor, lane)
        connections[descriptor] = connection
        lane.count += 1
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: descriptor))
        epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
        return connection
    }

    private func read(_ connection: Connection) {
        while true {
            let count = recv(connection.descriptor, &chunk, chunk.count, 0)
            if count > 0 {
                connection.incoming.append(contentsOf: chunk.prefix(count))
                if count == chunk.count { continue }
            } else if count == 0 || errno != EAGAIN {
                return end(connection)
            }
            break
        }
        guard let answer = HTTPAnswer(connection.incoming) else { return }
        let (body, handler) = (connection.incoming[answer.body], connection.handler)
        connection.handler = nil
        if answer.closes {
            close(connection)
        } else {
            connection.incoming.removeAll(keepingCapacity: true)
            goOn(connection)
        }
        handler?(answer.status, body, Clock.nanoseconds)
    }

    private func goOn(_ connection: Connection) {
        if let (request, handler) = connection.lane.line.popFirst() {
            start(request, on: connection, handler)
        } else {
            connection.lane.idle.append(connection)
        }
    }

    private func end(_ connection: Connection) {
        let handler = connection.handler
        connection.handler = nil
        close(connection)
        handler?(0, [], Clock.nanoseconds)
    }

    private func close(_ connection: Connection) {
        let lane = connection.lane
        connections[connection.descriptor] = nil
        lane.idle.removeAll { $0 === connection }
        lane.count -= 1
        Glibc.close(connection.descriptor)
        if let (request, handler) = lane.line.popFirst() { send(request, over: lane, handler) }
    }
}

/// A whole answer, as far as a client of our own services must understand it.
struct HTTPAnswer {
    var status: Int
    var body: Range<Int>
    var closes: Bool

    /// Nil until all of it has come.
    init?(_ bytes: [UInt8]) {
        guard let end = Self.endOfHead(bytes) else { return nil }
        let head = String(decoding: bytes[..<end], as: UTF8.self).lowercased()
        let length = head.firstRange(of: "content-length: ").flatMap { range in
            Int(head[range.upperBound...].prefix { $0.isNumber })
        }
        body = end..<(end + (length ?? 0))
        guard bytes.count >= body.upperBound else { return nil }
        status = Int(head.dropFirst(9).prefix(3)) ?? 0
        closes = head.contains("connection: close")
    }

    /// Behind the empty line.
    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        var index = 3
        while index < bytes.count {
            if bytes[index] == 0x0a, bytes[index - 1] == 0x0d, bytes[index - 2] == 0x0a, bytes[index - 3] == 0x0d {
                return index + 1
            }
            index += 1
        }
        return nil
    }
}

enum Sockets {
    /// A connection to a port of this machine, or nil.
    static func connect(port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            Glibc.close(descriptor)
            return nil
        }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }
}

enum Clock {
    /// Of the monotonic clock.
    static var nanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// From now on; zero when it has passed.
    static func span(to nanoseconds: UInt64) -> UInt64 {
        let now = Self.nanoseconds
        return nanoseconds > now ? nanoseconds - now : 0
    }
}
