import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Schema
import ServiceKit

/// What agents, supervisors and CRMs ask about customers, and change.
///
/// Reads come from the timeline, which follows the topics within milliseconds; `wait_for` takes the position that a
/// change answered with, for those who must see their own change.
struct CustomerRoutes: Sendable {
    /// How long `wait_for` waits.
    static let waitTime = Duration.seconds(5)

    let store: TimelineStore
    let sink: InboundSink
    /// Why nothing can be read at the moment; nil: it can.
    var unavailable: @Sendable () -> String? = { nil }

    func add(to setup: ServiceSetup) {
        let reading = setup.routes(for: .agent, .supervisor)
        reading.get("/v1/customers/{id}") { request, context in
            let waitFor = try request.readQuery { $0.waitFor() }
            return try await read(waitFor) { try $0.customerPage(try context.pathID("id"), request) }
        }
        reading.get("/v1/customers/{id}/timeline") { request, context in
            let (page, waitFor) = try request.readQuery { ($0.page(), $0.waitFor()) }
            return try await read(waitFor) { try $0.timelinePage(try context.pathID("id"), page, request) }
        }
        reading.get("/v1/conversations/{id}") { request, context in
            let (page, waitFor) = try request.readQuery { ($0.page(), $0.waitFor()) }
            return try await read(waitFor) { try $0.conversationPage(try context.pathID("id"), page) }
        }
        reading.get("/v1/search") { request, _ in
            let (words, page, waitFor) = try request.readQuery {
                ($0.string("q", bytes: 1...512), $0.page(), $0.waitFor())
            }
            return try await read(waitFor) { try $0.searchPage(SearchWords(words), page) }
        }
        setup.routes(for: .connector, .supervisor).put("/v1/customers/{id}/profile") { request, context in
            try await putProfile(request, context)
        }
        setup.routes(for: .supervisor).delete("/v1/customers/{id}/identifiers/{kind}/{value}") { request, context in
            try await unlink(request, context)
        }
    }

    private func read(
        _ waitFor: Position?, _ body: @escaping @Sendable (TimelineReader) throws -> Response
    ) async throws -> Response {
        if let waitFor {
            let store = store
            let reached = try await store.waiters.wait(until: { store.has(waitFor) }, within: Self.waitTime)
            guard reached else { throw Problem.unavailable("The timeline has not reached \(waitFor) yet.") }
        }
        let rebuilds = store.rebuilds
        if let reason = unavailable() { throw Problem.unavailable("Nothing can be read at the moment: \(reason).") }
        do {
            let response = try await store.read(body)
            guard unavailable() == nil, store.rebuilds == rebuilds else {
                throw Problem.unavailable("The timeline was damaged meanwhile, and is filled again.")
            }
            return response
        } catch let trouble as TimelineTrouble {
            throw Problem.unavailable("Nothing can be read at the moment: \(trouble).")
        } catch is ReadTimedOut {
            throw Problem.unavailable("Reading the timeline took too long.")
        } catch is TooManyReads {
            throw Problem.tooManyWaiting(limit: TimelineStore.readsMax)
        }
    }

    // MARK: - Changes

    private func putProfile(_ request: Request, _ context: HTTPContext) async throws -> Response {
        let id: CustomerID = try context.pathID("id")
        let profile = try await request.readJSON { body in
            CustomerProfile(
                customerID: id, name: body.optionalString("name", bytes: 1...200),
                language: body.optionalString("language", bytes: 2...35),
                verifiedIdentifiers: body.objects("identifiers", count: 0...32, verifiedIdentifier).compactMap(\.self),
                attributes: body.dictionary("attributes", countMax: 64, bytes: 0...1_024).map {
                    CustomerProfile.Attribute(name: $0.name, value: $0.value)
                }, consents: body.channels("consents"))
        }
        return try await write(.profileUpdated(profile), to: id, context)
    }

    private func unlink(_ request: Request, _ context: HTTPContext) async throws -> Response {
        let id: CustomerID = try context.pathID("id")
        let waitFor = try request.readQuery { $0.waitFor() }
        guard let kind = context.parameters.get("kind").flatMap(IdentifierKind.init(rawValue:)),
            let text = context.parameters.get("value")?.removingPercentEncoding,
            let identifier = Identifier(kind, text)
        else { throw Problem.notFound("The path does not name an identifier.") }
        _ = try await read(waitFor) { reader in
            guard try reader.isLinked(identifier, to: id) else {
                throw Problem.notFound("This identifier is not linked to this customer.")
            }
            return .empty
        }
        let by = try context.requirePrincipal().subject
        let link = IdentityLink(identifier: identifier, customerID: id, evidence: .manual, reason: by)
        return try await write(.identityUnlinked(link), to: identifier.customerID, context)
    }

    /// 202: the record is safe, and the answer says where; what follows from it takes some milliseconds more.
    private func write(
        _ record: InboundRecord, to key: CustomerID, _ context: HTTPContext
    ) async throws -> Response {
        let position = try await sink.write(record, key: key, context)
        return .json(JSONValue.object(["position": position.description]), status: .accepted)
    }
}

/// One element of a profile's `identifiers`; nil when it is wrong, which is recorded.
private func verifiedIdentifier(_ fields: InputFields) -> Identifier? {
    let kind: IdentifierKind = fields.choice("kind")
    let expected = Identifier.expected(kind)
    let identifier = fields.required("value", expected: expected, placeholder: nil as Identifier?) { value in
        value.string.flatMap { Identifier(kind, $0) }.map { .some($0) }
    }
    _ = fields.required("verified", expected: "true: only verified identifiers are linked", placeholder: true) {
        $0.boolean == true ? true : nil
    }
    return identifier
}

extension InputFields {
    /// Channels by name, each once.
    fileprivate func channels(_ name: String) -> [ChannelKind] {
        let words = strings(name, count: 0...ChannelKind.allCases.count, bytes: 1...16)
        let channels = words.compactMap(ChannelKind.init(rawValue:))
        if channels.count < words.count || Set(channels).count < channels.count {
            let names = ChannelKind.allCases.map(\.rawValue).joined(separator: ", ")
            reject(name, expected: "channels, each once: \(names)")
        }
        return channels
    }

    /// The parameter `wait_for`: the `position` that an earlier answer gave.
    func waitFor() -> Position? {
        optional("wait_for", expected: "the position of an earlier answer, as in inbound/0/42") { value in
            value.string.flatMap(Position.init).flatMap { position in
                TimelineRecord.topics.contains { $0.rawValue == position.topic } ? position : nil
            }
        }
    }
}

extension Identifier {
    /// An identifier as an API names it: handles and visitors with their account, as in `social/lena`.
    init?(_ kind: IdentifierKind, _ text: String) {
        switch kind {
        case .phone, .email:
            guard let known = IdentifierForm.identifier(kind, text, account: ChannelAccountID("")) else { return nil }
            self = known
        case .handle, .visitor:
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let account = ChannelAccountID(checking: String(parts[0])),
                let known = IdentifierForm.identifier(kind, String(parts[1]), account: account)
            else { return nil }
            self = known
        }
    }

    static func expected(_ kind: IdentifierKind) -> String {
        switch kind {
        case .phone, .email: IdentifierForm.expected(kind)
        case .handle, .visitor: "<channel account>/<name>, \(IdentifierForm.expected(kind))"
        }
    }
}
