/// One HTTP request, with everything that bounds it.
package struct CurlRequest: Sendable {
    package var method: String
    /// `http` or `https`, without credentials in it.
    package var url: String
    package var headers: [CurlHeader]
    package var body: [UInt8]?
    /// Sent as HTTP Basic authentication.
    package var credentials: Credentials?
    package var connectTimeout: Duration = .seconds(10)
    /// From the start of the transfer to the last byte of the answer; waiting for a free place does not count.
    package var timeout: Duration = .seconds(30)
    /// An answer with a longer body is aborted.
    package var responseBytesMax: Int = 1 << 20
    /// The status decides: once the head of the answer is there, a body that is too long, too slow or breaks off is cut
    /// off instead of failing the request.
    package var isBodyOptional = false
    /// Slower than the client's least speed for this long counts as timed out; nil: as the client's limits say.
    package var leastSpeedSeconds: Int?
    /// Takes the body of a successful answer (2xx) part by part instead of having it collected; false aborts the
    /// transfer. Called on the client's thread, which serves all its transfers: it must not wait.
    package var takesBody: (@Sendable ([UInt8]) -> Bool)?
    /// Follows a redirect that names the same scheme, host and port; any other fails. Without it a redirect is an
    /// answer like any other.
    package var followsRedirectsToSameHost = false
    /// A reused connection may turn out closed by the server, and libcurl then repeats the request on a new one. A
    /// request that must not be repeated behind the caller's back asks for a connection of its own.
    package var needsOwnConnection = false

    package init(
        method: String = "GET", url: String, headers: [CurlHeader] = [], body: [UInt8]? = nil,
        credentials: Credentials? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.credentials = credentials
    }

    package struct Credentials: Sendable {
        package var user: String
        package var password: String

        package init(user: String, password: String) {
            self.user = user
            self.password = password
        }
    }
}

package struct CurlHeader: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What the server answered; any status, since only the caller knows which ones are errors.
package struct CurlResponse: Sendable {
    package var status: Int
    package var headers: [CurlHeader]
    package var body: [UInt8]

    package init(status: Int, headers: [CurlHeader] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of this name, in whatever case it was written.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The body as UTF-8, with what is not UTF-8 replaced.
    package var text: String { String(decoding: body, as: UTF8.self) }
}
