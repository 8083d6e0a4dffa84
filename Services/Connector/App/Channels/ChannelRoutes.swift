import Crypto
import Domain
import HTTPTypes
import Hummingbird
import ServiceKit

/// What channels post: `POST /v1/channels/{account}/messages`.
struct ChannelRoutes: Sendable {
    let directory: ChannelDirectory
    let sink: EventSink
    let rules: DoorRules
    let links: ContinueLinks?
    let secrets: Secrets
    let authenticator: Authenticator
    let received: ServiceKit.Counter
    let now: @Sendable () -> Instant

    func add(to router: Router<HTTPContext>) {
        router.post("/v1/channels/{account}/messages") { request, context in
            try await post(request, context)
        }
        router.post("/v1/channels/{account}/departures") { request, context in
            try await depart(request, context)
        }
    }

    /// Who posts.
    private enum Poster {
        /// Bears a token of the role connector, and may speak for any sender of the account.
        case connector
        /// Has nothing but a continue-link.
        case visitor
    }

    private func post(_ request: Request, _ context: HTTPContext) async throws -> Response {
        try sink.checkIntake(context)
        let poster = try await poster(request)
        let account = try account(context, poster)
        let post = try await request.readJSON { MessagePost($0, channel: account.channel) }
        let evidence = SenderEvidence(links: links, secrets: secrets, now: now())
        var proofs: [Evidence] = []
        var link: ContinueLink?
        if let token = post.continueToken {
            let read = try evidence.link(token, status: poster == .visitor ? .unauthorized : .unprocessableContent)
            proofs.append(
                Evidence(kind: .continueLink, customerID: read.customerID, conversationID: read.conversationID))
            link = read
        }
        if poster == .visitor, link == nil {
            throw Problem.unauthenticated("A bearer token of the role connector is needed, or a continue_token.")
        }
        if let claim = post.claim {
            let identifier = try evidence.identifier(claim, account: account)
            proofs.append(Evidence(kind: .signedClaim, identifier: identifier))
        }
        let identifier = try identifier(of: post, account, poster, link)
        let address = Address(channel: account.channel, account: account.id, identifier: identifier)
        let message = InboundMessage(
            messageID: try rules.messageID(address, post.providerID), customerID: identifier.customerID,
            address: address, text: post.text,
            subject: post.subject, language: post.language, displayName: post.displayName,
            providerID: post.providerID, evidence: proofs)
        return try await accept(message, trace: context.trace)
    }

    /// Who posts messages for the account says who left; a visitor's window only closes.
    private func depart(_ request: Request, _ context: HTTPContext) async throws -> Response {
        try sink.checkIntake(context)
        guard try await poster(request) == .connector else {
            throw Problem.unauthenticated("A bearer token of the role connector is needed.")
        }
        let account = try account(context, .connector)
        let post = try await request.readJSON { DeparturePost($0) }
        let identifier = try identifier(post.sender, account)
        let departure = try Departure(
            from: Address(channel: account.channel, account: account.id, identifier: identifier),
            call: post.providerID, reason: post.reason, rules)
        try await sink.write(departure, trace: context.trace)
        return .json(.object(["customer_id": departure.customerID]) as JSONValue, status: .accepted)
    }

    /// Writes the message; 202 says that it is durable.
    func accept(_ message: InboundMessage, trace: TraceContext) async throws -> Response {
        try await sink.write(message, trace: trace)
        received.increment([message.address.channel.rawValue])
        return .json(
            .object(["message_id": message.messageID, "customer_id": message.customerID]) as JSONValue,
            status: .accepted)
    }

    private func poster(_ request: Request) async throws -> Poster {
        let authorization = request.headers[.authorization]
        do {
            // Without a header this succeeds only while authentication is off.
            let principal = try await authenticator.principal(authorization: authorization)
            try principal.require(.connector)
            return .connector
        } catch  where authorization == nil {
            return .visitor
        }
    }

    /// Strangers are not told which accounts there are.
    private func account(_ context: HTTPContext, _ poster: Poster) throws(Problem) -> ChannelAccount {
        do throws(Problem) {
            return try directory.account(
                try context.pathID("account"), of: poster == .visitor ? [.chat] : ChannelKind.allCases)
        } catch {
            guard poster == .visitor, error.status != .serviceUnavailable else { throw error }
            throw .unauthenticated("A bearer token of the role connector is needed.")
        }
    }

    private func identifier(
        of post: MessagePost, _ account: ChannelAccount, _ poster: Poster, _ link: ContinueLink?
    ) throws(Problem) -> Identifier {
        guard let sender = post.sender else {
            guard let link, account.channel == .chat else {
                throw .invalidFields([FieldError(field: "from", value: nil, expected: "an object with kind and value")])
            }
            return linkVisitor(account, link, name: nil)
        }
        let identifier = try identifier(sender, account)
        guard poster == .visitor, let link else { return identifier }
        return linkVisitor(account, link, name: identifier.value)
    }

    private func identifier(
        _ sender: MessagePost.Sender, _ account: ChannelAccount
    ) throws(Problem) -> Identifier {
        let kinds = IdentifierForm.kinds(of: account.channel)
        guard kinds.contains(sender.kind) else {
            let expected = kinds.map(\.rawValue).joined(separator: " or ") + ", on this channel"
            throw .invalidFields([FieldError(field: "from.kind", value: sender.kind.rawValue, expected: expected)])
        }
        guard let identifier = IdentifierForm.identifier(sender.kind, sender.value, account: account.id) else {
            let expected = IdentifierForm.expected(sender.kind)
            throw .invalidFields([FieldError(field: "from.value", value: sender.value, expected: expected)])
        }
        return identifier
    }

    /// A visitor who has nothing but a link is named within that link's conversation, so that nobody who has one can
    /// pass for another visitor and have that one's messages joined to their own.
    private func linkVisitor(_ account: ChannelAccount, _ link: ContinueLink, name: String?) -> Identifier {
        let parts = [link.conversationID.rawValue, link.customerID.rawValue, name ?? ""]
        let digest = SHA256.hash(data: Array(parts.joined(separator: "\n").utf8))
        let value = "\(account.id)/link-\(TwilioSignature.hexadecimal(digest.prefix(16)))"
        return Identifier(kind: .visitor, value: value)
    }
}

extension Departure {
    /// - Parameter call: the provider's own id of the call that ended.
    init(from address: Address, call providerID: String?, reason: String, _ rules: DoorRules) throws(Problem) {
        var messageID: MessageID?
        if let providerID { messageID = try rules.messageID(address, providerID) }
        self.init(
            customerID: address.identifier.customerID, address: address, messageID: messageID,
            providerID: try rules.version() >= 2 ? providerID : nil, reason: reason)
    }
}

extension EventSink {
    /// Writes that a customer left, after their messages.
    func write(_ departure: Departure, trace: TraceContext) async throws {
        let which = departure.messageID?.rawValue ?? String(now().milliseconds)
        let id = MessageID.derived(
            from: "departure", departure.customerID.rawValue, departure.address.account.rawValue, which)
        try await write(
            InboundRecord.customerLeft(departure), id: id.rawValue, key: departure.customerID.rawValue,
            of: departure.address.account, trace: trace)
    }

    /// Writes a customer's message under the customer that its own identifier names.
    func write(_ message: InboundMessage, trace: TraceContext) async throws {
        try await write(
            InboundRecord.messageReceived(message), id: message.messageID.rawValue, key: message.customerID.rawValue,
            of: message.address.account, trace: trace)
    }
}
