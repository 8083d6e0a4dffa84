import Crypto
import FoundationEssentials

/// Checks that a request comes from Twilio: the signature covers the URL as Twilio saw it and every form parameter.
///
/// - Source: twilio-python 9.13.0, `twilio/request_validator.py`.
struct TwilioSignature {
    /// `X-Twilio-Signature`
    var signature: String
    /// `X-Twilio-Webhooks-Signature-Settings`
    var settings: String?

    enum Body {
        /// The parameters of a form, in any order, names that come twice included.
        case form([(name: String, value: String)])
        /// A body of another kind, whose hash is in the URL's `bodySHA256`.
        case raw([UInt8])
    }

    func isValid(url: String, body: Body, secret: String) -> Bool {
        guard let algorithm = Algorithm(settings: settings), let code = Data(base64Encoded: signature) else {
            return false
        }
        let key = SymmetricKey(data: Array(secret.utf8))
        var suffix = ""
        switch body {
        case .form(let parameters):
            suffix = Self.text(of: parameters)
        case .raw(let bytes):
            guard let expected = Self.bodyHash(in: url) else { return false }
            guard expected == Self.hexadecimal(SHA256.hash(data: bytes)) else { return false }
        }
        // Twilio signs the URL sometimes with the scheme's port and sometimes without.
        return PortVariants(url).urls.contains { url in
            let text = Array((url + suffix).utf8)
            switch algorithm {
            case .sha1: return HMAC<Insecure.SHA1>.isValidAuthenticationCode(code, authenticating: text, using: key)
            case .sha256: return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: text, using: key)
            }
        }
    }

    private enum Algorithm {
        case sha1, sha256

        /// Nil for one that is not known. Without settings it is the old one.
        init?(settings: String?) {
            for part in (settings ?? "").split(separator: ",") {
                let pair = part.split(separator: "=", maxSplits: 1).map { $0.filter { !$0.isWhitespace } }
                guard pair.count == 2, pair[0] == "algorithm", !pair[1].isEmpty else { continue }
                switch pair[1].uppercased() {
                case "HMAC_SHA1": self = .sha1
                case "HMAC_SHA256": self = .sha256
                default: return nil
                }
                return
            }
            self = .sha1
        }
    }

    /// Each distinct name in the order of its bytes with each of its distinct values, run together.
    private static func text(of parameters: [(name: String, value: String)]) -> String {
        let values = Dictionary(grouping: parameters, by: \.name)
        return values.keys.sorted(by: isBefore).map { name in
            Set(values[name]!.map(\.value)).sorted(by: isBefore).map { name + $0 }.joined()
        }.joined()
    }

    /// Swift orders text by its meaning, Twilio by its code points; UTF-8 keeps the order of these.
    private static func isBefore(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    private static func bodyHash(in url: String) -> String? {
        guard let query = url.split(separator: "?", maxSplits: 1).dropFirst().first else { return nil }
        let pairs = query.prefix { $0 != "#" }.split(separator: "&")
        return pairs.first { $0.hasPrefix("bodySHA256=") }.map { String($0.dropFirst("bodySHA256=".count)) }
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}

/// A URL without a port, and with the one it has or its scheme's own.
private struct PortVariants {
    let urls: [String]

    init(_ url: String) {
        guard let scheme = url.firstRange(of: "://") else {
            urls = [url]
            return
        }
        let end = url[scheme.upperBound...].firstIndex { "/?#".contains($0) } ?? url.endIndex
        let (head, host, tail) = (url[..<scheme.upperBound], url[scheme.upperBound..<end], url[end...])
        let digits = host.lastIndex(of: ":").map { host[host.index(after: $0)...] }
        guard let digits, !digits.isEmpty, digits.allSatisfy(\.isNumber) else {
            let port = head == "https://" ? "443" : "80"
            urls = [url, "\(head)\(host):\(port)\(tail)"]
            return
        }
        urls = ["\(head)\(host.dropLast(digits.count + 1))\(tail)", url]
    }
}
