import Domain

/// The one way in which each kind of identifier is written, so that the same address is the same customer however a
/// channel spells it. Nil for what is no such address.
enum IdentifierForm {
    /// What an API's error says that it expects.
    static func expected(_ kind: IdentifierKind) -> String {
        switch kind {
        case .phone: "a phone number with + and country code, 7 to 15 digits"
        case .email: "an e-mail address of at most 254 bytes"
        case .handle, .visitor: "a name of 1 to 200 bytes without spaces and control characters"
        }
    }

    /// - Parameter account: what handles and visitors are unique within.
    static func identifier(_ kind: IdentifierKind, _ text: String, account: ChannelAccountID) -> Identifier? {
        let value: String? =
            switch kind {
            case .phone: phone(text)
            case .email: email(text)
            case .handle, .visitor: name(text).map { "\(account)/\($0)" }
            }
        return value.map { Identifier(kind: kind, value: $0) }
    }

    /// The kinds by which a channel can name a customer; the first is the usual one.
    static func kinds(of channel: ChannelKind) -> [IdentifierKind] {
        switch channel {
        case .email: [.email]
        case .sms, .voice: [.phone]
        case .whatsapp: [.phone, .handle]
        case .chat: [.visitor]
        case .social, .forum: [.handle]
        }
    }

    /// E.164 with the plus sign, from what people and providers write: `whatsapp:+49 (151) 23-45`, `0049151…`.
    /// - Source: ITU-T E.164, section 6: at most 15 digits.
    static func phone(_ text: String) -> String? {
        var rest = Substring(text.lowercased())
        for scheme in ["whatsapp:", "sms:", "tel:"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        let signs = rest.filter { !" -./()\u{A0}".contains($0) }
        let digits = signs.hasPrefix("+") ? signs.dropFirst() : signs.hasPrefix("00") ? signs.dropFirst(2) : ""
        guard (7...15).contains(digits.count), digits.first != "0",
            digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return "+" + digits
    }

    /// Lower case throughout: no mail provider in use tells `Lena@` from `lena@`.
    static func email(_ text: String) -> String? {
        let address = text.lowercased()
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard address.utf8.count <= 254, parts.count == 2, (1...64).contains(parts[0].utf8.count), !parts[1].isEmpty,
            address.unicodeScalars.allSatisfy({
                $0.value > 0x20 && $0.value != 0x7f && !"<>(),;:\"[]\\".unicodeScalars.contains($0)
            })
        else { return nil }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy({ !$0.isEmpty && !$0.hasPrefix("-") && !$0.hasSuffix("-") }) else { return nil }
        return address
    }

    private static func name(_ text: String) -> String? {
        let name = text.hasPrefix("@") ? text.dropFirst() : Substring(text)
        guard (1...200).contains(name.utf8.count),
            name.unicodeScalars.allSatisfy({ !$0.properties.isWhitespace && $0.properties.generalCategory != .control })
        else { return nil }
        return String(name)
    }
}
