import Domain
import HTTPTypes
import Hummingbird
import Logging
import ServiceKit

/// Twilio's webhooks: messages, calls, and what became of messages that we sent.
///
/// - Source: https://www.twilio.com/docs/messaging/guides/webhook-request, …/voice/twiml#request-parameters.
struct TwilioRoutes: Sendable {
    private static let bodyBytesMax = 256 << 10

    let directory: ChannelDirectory
    let sink: EventSink
    let rules: DoorRules
    /// By which receipts are known to be asked for.
    let links: ContinueLinks?
    let secrets: Secrets
    /// Where Twilio sends to, as it was told; without it the `Host` header is believed.
    let publicURL: String?
    let received: ServiceKit.Counter
    let logger: Logger

    func add(to router: Router<HTTPContext>) {
        router.post("/v1/channels/{account}/twilio/messages") { request, context in
            let (account, form) = try await verified(request, context, of: [.sms, .whatsapp])
            return try await accept(try message(form, account), context)
        }
        router.post("/v1/channels/{account}/twilio/voice") { request, context in
            let (account, form) = try await verified(request, context, of: [.voice])
            return try await accept(try call(form, account), context)
        }
        router.post("/v1/channels/{account}/twilio/voice-status") { request, context in
            let (account, form) = try await verified(request, context, of: [.voice])
            return try await callEnded(form, account, context)
        }
        router.post("/v1/channels/{account}/twilio/status") { request, context in
            let (account, form) = try await verified(request, context, of: [.sms, .whatsapp])
            return try await report(form, of: account, request, context)
        }
    }

    // MARK: - What came

    private func message(_ form: Form, _ account: ChannelAccount) throws(Problem) -> InboundMessage {
        let sid = try form.required("MessageSid")
        var text = form["Body"] ?? ""
        if text.isEmpty {
            // A message of pictures only: its text says where they are.
            let media = (0..<10).compactMap { form["MediaUrl\($0)"] }
            text = media.isEmpty ? "(empty message)" : media.joined(separator: "\n")
        }
        return try inbound(sid, text: text, form, account)
    }

    private func call(_ form: Form, _ account: ChannelAccount) throws(Problem) -> InboundMessage {
        try inbound(try form.required("CallSid"), text: "", form, account)
    }

    /// A call's status callback: whatever ended it, the customer is no longer on the line.
    private func callEnded(_ form: Form, _ account: ChannelAccount, _ context: HTTPContext) async throws -> Response {
        let status = try form.required("CallStatus")
        guard ["completed", "canceled", "failed", "busy", "no-answer"].contains(status) else { return .empty }
        let call = try call(form, account)
        let departure = try Departure(from: call.address, call: call.providerID, reason: "call \(status)", rules)
        try await sink.write(departure, trace: context.trace)
        return .empty
    }

    private func inbound(
        _ sid: String, text: String, _ form: Form, _ account: ChannelAccount
    ) throws(Problem) -> InboundMessage {
        guard text.utf8.count <= textBytesMax else {
            throw .invalidFields([FieldError(field: "Body", value: nil, expected: "at most \(textBytesMax) bytes")])
        }
        let from = try form.required("From")
        guard let identifier = try identifier(from, sid, account) else {
            throw .invalidFields([FieldError(field: "From", value: from, expected: IdentifierForm.expected(.phone))])
        }
        let address = Address(channel: account.channel, account: account.id, identifier: identifier)
        return InboundMessage(
            messageID: try rules.messageID(address, sid), customerID: identifier.customerID, address: address,
            text: text,
            displayName: form["ProfileName"].flatMap { $0.isEmpty ? nil : String($0.prefix(100)) }, providerID: sid)
    }

    /// Short codes are no phone numbers, but somebody all the same. Callers who withhold their number are nobody in
    /// particular: each call is somebody else's.
    private func identifier(
        _ from: String, _ sid: String, _ account: ChannelAccount
    ) throws(Problem) -> Identifier? {
        if account.channel == .voice, Self.withheld.contains(from.lowercased()), try rules.version() >= 2 {
            return IdentifierForm.identifier(.handle, "withheld-\(sid)", account: account.id)
        }
        return IdentifierForm.phone(from).map { Identifier(kind: .phone, value: $0) }
            ?? IdentifierForm.identifier(.handle, from, account: account.id)
    }

    /// What stands for a number that is not told: words, and the same words on a telephone's keys.
    /// - Source: https://support.twilio.com/hc/en-us/articles/223179988, RFC 3323, section 4.1.1.3.
    private static let withheld: Set<String> = [
        "anonymous", "restricted", "blocked", "unknown", "unavailable", "private", "withheld",
        "sip:anonymous@anonymous.invalid", "+266696687", "+7378742883", "+7378742833", "+2562533", "+8656696",
        "+86282452253", "+464",
    ]

    private func accept(_ message: InboundMessage, _ context: HTTPContext) async throws -> Response {
        try await sink.write(message, trace: context.trace)
        received.increment([message.address.channel.rawValue])
        return .text("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>", type: "application/xml")
    }

    // MARK: - What became of what we sent

    private func report(
        _ form: Form, of account: ChannelAccount, _ request: Request, _ context: HTTPContext
    ) async throws -> Response {
        let query = Form(formFields(Array((request.uri.query ?? "").utf8)))
        let messageID = MessageID(try query.required("message"))
        let conversationID = ConversationID(try query.required("conversation"))
        try check(query["proof"], of: messageID, in: conversationID, over: account.id)
        let state = try form.required("MessageStatus")
        let kind: DeliveryEvent.Kind
        switch state {
        case "delivered": kind = .delivered
        case "read": kind = .read
        case "failed", "undelivered": kind = .failed(reason: "twilio-\(form["ErrorCode"] ?? state)", attempts: 0)
        default: return .empty  // On its way: queued, sending, sent and the like.
        }
        let event = DeliveryEvent(messageID: messageID, conversationID: conversationID, at: sink.now(), kind: kind)
        try await sink.write(
            event, id: "\(messageID)/\(state)", key: conversationID.rawValue, of: account.id, trace: context.trace)
        return .empty
    }

    /// Whoever can sign for one account must not speak of another one's messages. What an instance of the release
    /// before has sent bears no proof: it is believed until the connector's rules say that there is no such instance.
    private func check(
        _ proof: String?, of message: MessageID, in conversation: ConversationID, over account: ChannelAccountID
    ) throws(Problem) {
        if let proof {
            if links?.isProof(proof, of: message, in: conversation, over: account) ?? false { return }
        } else if try rules.version() < 2 {
            return
        }
        throw Problem(.forbidden, "receipt-invalid", "No receipt of this message was asked for over this account.")
    }

    // MARK: - Who sends

    /// The account and the form, once the signature over the raw bytes is found right.
    private func verified(
        _ request: Request, _ context: HTTPContext, of channels: [ChannelKind]
    ) async throws -> (ChannelAccount, Form) {
        try sink.checkIntake(context)
        let account = try directory.account(try context.pathID("account"), of: channels)
        guard let name = account.inboundSecret, let secret = secrets.secret(named: name) else {
            logger.error("secret missing", metadata: ["account": "\(account.id)"])
            throw Problem.unavailable("This channel account has no secret by which a signature could be checked.")
        }
        guard let signature = request.headers[.twilioSignature] else {
            throw Problem(.forbidden, "signature-missing", "The X-Twilio-Signature header is missing.")
        }
        let bytes = try await request.readBody(upTo: Self.bodyBytesMax)
        let isForm = request.mediaType == FormBody.mediaType
        let form = Form(isForm ? formFields(bytes) : [])
        let check = TwilioSignature(signature: signature, settings: request.headers[.twilioSignatureSettings])
        guard
            check.isValid(url: url(of: request), body: isForm ? .form(form.fields) : .raw(bytes), secret: secret.value)
        else { throw Problem(.forbidden, "signature-invalid", "The signature does not fit the request.") }
        guard isForm else { throw Problem.unsupportedMediaType(expected: FormBody.mediaType) }
        return (account, form)
    }

    /// The URL as Twilio requested it.
    private func url(of request: Request) -> String {
        let path = request.head.path ?? ""
        return (publicURL ?? "http://\(request.head.authority ?? request.headers[.init("Host")!] ?? "")") + path
    }
}

/// The parameters of a form in the order in which they came; of a name that comes twice the first counts.
private struct Form {
    let fields: [(name: String, value: String)]

    init(_ fields: [(String, JSONValue)]) {
        self.fields = fields.compactMap { name, value in value.string.map { (name, $0) } }
    }

    subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    func required(_ name: String) throws(Problem) -> String {
        guard let value = self[name], (1...256).contains(value.utf8.count) else {
            throw .invalidFields([
                FieldError(field: name, value: self[name].map { String($0.prefix(64)) }, expected: "1 to 256 bytes")
            ])
        }
        return value
    }
}

extension HTTPField.Name {
    fileprivate static let twilioSignature = HTTPField.Name("X-Twilio-Signature")!
    fileprivate static let twilioSignatureSettings = HTTPField.Name("X-Twilio-Webhooks-Signature-Settings")!
}
