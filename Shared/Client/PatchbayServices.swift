package import Curl
internal import FoundationEssentials

/// Patchbay over HTTP: where its services are, and the connections to them.
///
/// ```swift
/// let patchbay = PatchbayServices(connector: "https://channels.example.com", router: "https://desk.example.com")
/// let amelie = patchbay.agent("amelie") { try await tokens.current() }
/// try await amelie.setPresence(.available)
/// for try await desk in amelie.events() {
///     for offer in desk.offers { try await amelie.accept(offer.offerID) }
/// }
/// ```
/// Whatever goes wrong is a `PatchbayError`. Every change has a key: sent again with the same one it is done once.
public struct PatchbayServices: Sendable {
    /// Gives the bearer token of a request; asked each time, so that a token can be renewed.
    public typealias TokenSource = @Sendable () async throws -> String

    /// Address of the connector, without a path.
    public var connector: String
    /// Address of a router, without a path.
    public var router: String
    /// Shared by copies.
    package let curl: CurlClient

    /// - Parameter requestsMax: requests under way at one time, waiting polls and streams included; more wait for a place.
    public init(connector: String, router: String, requestsMax: Int = 64) {
        var limits = CurlLimits()
        limits.inFlightMax = requestsMax
        limits.connectionsMax = requestsMax
        self.init(connector: connector, router: router, curl: CurlClient(addresses: .all, limits: limits))
    }

    package init(connector: String, router: String, curl: CurlClient) {
        self.connector = connector
        self.router = router
        self.curl = curl
    }

    /// Posts customers' messages; needs a token of the role `connector`.
    public func channels(token: @escaping TokenSource) -> ChannelClient {
        ChannelClient(service: Service(address: connector, token: token, curl: curl))
    }

    /// Works as an agent; needs a token of the role `agent` whose `sub` is the agent's id.
    public func agent(_ id: String, token: @escaping TokenSource) -> AgentClient {
        AgentClient(id: id, service: Service(address: router, token: token, curl: curl))
    }

    /// Sees everybody's work; needs a token of the role `supervisor`.
    public func supervisor(token: @escaping TokenSource) -> SupervisorClient {
        SupervisorClient(service: Service(address: router, token: token, curl: curl))
    }

    /// Ends what is under way, and the client's thread. Copies are closed too.
    public func close() async { await curl.close() }

    /// A name for a change that nobody else gives.
    public static func newKey() -> String { UUID().uuidString }
}
