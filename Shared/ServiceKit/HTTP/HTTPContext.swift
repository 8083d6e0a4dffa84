package import Domain
package import Hummingbird

/// What is known of a request besides what came in it.
package struct HTTPContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The client's `X-Request-Id`, or one made here; in every log line and in the answer.
    package var requestID = ""
    /// The client's `traceparent`, or a trace begun here: what the request writes to Kafka carries on from it.
    package var trace = TraceContext.begun()
    /// Who asks; nil on routes that need no token.
    package var principal: Principal?

    /// Over which the request came.
    package let connection: Connection

    package init(source: ApplicationRequestContextSource) {
        guard let connection = Connection.current else { preconditionFailure("requests come over `HTTPConnections`") }
        self.connection = connection
        coreContext = CoreRequestContextStorage(source: source)
    }

    /// Who asks.
    /// - Throws: `Problem` 401 on a route that is not guarded by roles.
    package func requirePrincipal() throws(Problem) -> Principal {
        guard let principal else { throw .unauthenticated("A bearer token is needed.") }
        return principal
    }

    /// A part of the path, checked as the name of an entity.
    /// - Throws: `Problem` 404: no entity has such a name.
    package func pathID<Kind>(_ name: String, _: ID<Kind>.Type = ID<Kind>.self) throws(Problem) -> ID<Kind> {
        let text = parameters.get(name).flatMap { percentDecoded(Array($0.utf8)[...], plusIsSpace: false) }
        guard let id = ID<Kind>(checking: text) else {
            throw .notFound("The path does not name anything: expected \(idForm).")
        }
        return id
    }
}

extension TraceContext {
    /// A trace that starts here.
    static func begun() -> TraceContext {
        var numbers = SystemRandomNumberGenerator()
        while true {
            let id = TraceID(high: numbers.next(), low: numbers.next())
            if let trace = TraceContext(traceID: id, spanID: numbers.next()) { return trace }
        }
    }
}
