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
        let departure = Departure(
            customerID: call.customerID, address: call.address, messageID: call.messageID, reason: "call \(status)")
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
        // Callers who withhold their number, and short codes, are no phone numbers, but somebody all the same.
        let identifier =
            IdentifierForm.phone(from).map { Identifier(kind: .phone, value: $0) }
            ?? IdentifierForm.identifier(.handle, from, account: account.id)
        guard let identifier else {
            throw .invalidFields([FieldError(field: "From", value: from, expected: IdentifierForm.expected(.phone))])
        }
        return InboundMessage(
            messageID: .inbound(account.id, sid), customerID: identifier.customerID,
            address: Address(channel: account.channel, account: account.id, identifier: identifier), text: text,
            displayName: form["ProfileName"].flatMap { $0.isEmpty ? nil : String($0.prefix(100)) }, providerID: sid)
    }

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
