import CEpoll
import Glibc

/// One request on a connection of its own, for what is asked now and then.
enum BlockingHTTP {
    static func get(_ path: String, port: Int) -> (status: Int, body: String)? {
        send(Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8), port: port)
    }

    static func send(_ request: [UInt8], port: Int) -> (status: Int, body: String)? {
        guard let descriptor = Sockets.connect(port: port) else { return nil }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        guard Glibc.send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return nil }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            if let answer = HTTPAnswer(bytes) {
                return (answer.status, String(decoding: bytes[answer.body], as: UTF8.self))
            }
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            bytes += chunk.prefix(count)
        }
    }
}
