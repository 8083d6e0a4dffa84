import Domain
import ServiceKit

/// The body of `POST /v1/channels/{account}/messages`.
struct MessagePost {
    var providerID: String
    var sender: Sender?
    var text: String
    var subject: String?
    var language: String?
    var displayName: String?
    var continueToken: String?
    var claim: String?

    struct Sender {
        var kind: IdentifierKind
        var value: String
    }

    init(_ body: InputFields, channel: ChannelKind) {
        providerID = body.string("message_id", bytes: 1...256)
        sender = body.optionalObject("from") { from in
            Sender(kind: from.choice("kind"), value: from.string("value", bytes: 1...512))
        }
        // A call has nothing to read.
        text =
            channel.isLive
            ? body.optionalString("text", bytes: 0...textBytesMax) ?? ""
            : body.string("text", bytes: 1...textBytesMax)
        subject = body.optionalString("subject", bytes: 1...998)
        language = body.optional("language", expected: "a language tag such as fr or pt-BR") { value in
            value.string.flatMap { isLanguageTag($0) ? $0 : nil }
        }
        displayName = body.optionalString("display_name", bytes: 1...200)
        continueToken = body.optionalString("continue_token", bytes: 1...2048)
        claim = body.optionalString("claim", bytes: 1...SignedClaim.bytesMax)
    }
}

/// The body of `POST /v1/channels/{account}/departures`.
struct DeparturePost {
    var sender: MessagePost.Sender
    /// The call that ended; nil: whatever is open at this address.
    var providerID: String?
    var reason: String

    init(_ body: InputFields) {
        let from = body.optionalObject("from") { from in
            MessagePost.Sender(kind: from.choice("kind"), value: from.string("value", bytes: 1...512))
        }
        if from == nil, !body.has("from") { body.reject("from", expected: "an object with kind and value") }
        sender = from ?? MessagePost.Sender(kind: .handle, value: "")
        providerID = body.optionalString("message_id", bytes: 1...256)
        reason = body.optionalString("reason", bytes: 1...200) ?? "left"
    }
}

/// The longest text of a message, on every channel.
let textBytesMax = 64 << 10

/// The shape of a BCP 47 tag; whether its subtags are registered does not matter here.
private func isLanguageTag(_ text: String) -> Bool {
    let subtags = text.split(separator: "-", omittingEmptySubsequences: false)
    guard text.utf8.count <= 35, let primary = subtags.first, (2...8).contains(primary.utf8.count),
        primary.utf8.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) })
    else { return false }
    return subtags.dropFirst().allSatisfy { subtag in
        (1...8).contains(subtag.utf8.count)
            && subtag.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
    }
}
