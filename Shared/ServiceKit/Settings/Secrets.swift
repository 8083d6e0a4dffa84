internal import FoundationEssentials

/// A text that must not be shown: printing, logging or reflecting it gives nothing away.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself: hand it to what needs it, and to nothing else.
    package let value: String

    package init(_ value: String) {
        self.value = value
    }

    package var description: String { hiddenValue }
    package var debugDescription: String { hiddenValue }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Finds the secrets that the configuration names: channel accounts say which secret signs their messages, never
/// what it is.
///
/// The secret `acme-webhook` is the variable `PATCHBAY_SECRET_ACME_WEBHOOK`, or else the file `acme-webhook` in
/// `PATCHBAY_SECRETS_DIR`. Files are read each time, so that a rotated secret is used without a restart.
/// - Bounds: a file of at most 4,096 bytes; a line end at its end is cut off.
package struct Secrets: Sendable {
    private let environment: [String: String]
    private let directory: String?

    package init(environment: [String: String], directory: String?) {
        self.environment = environment.filter { $0.key.hasPrefix(Secrets.prefix) }
        self.directory = directory
    }

    /// The secret of this name; nil when there is none, or the name is not one.
    package func secret(named name: String) -> Secret? {
        guard isName(name, bytesMax: 64) else { return nil }
        let key = Secrets.prefix + String(name.uppercased().map { $0 == "-" || $0 == "." ? "_" : $0 })
        if let value = environment[key], !value.isEmpty { return Secret(value) }
        guard let directory, let text = try? readSecretFile("\(directory)/\(name)") else { return nil }
        return Secret(text)
    }

    static let prefix = "PATCHBAY_SECRET_"
}

/// Why a file that should hold a secret does not.
enum SecretFileError: Error {
    case unreadable, empty, tooLarge
}

/// A small text file without the line end at its end.
func readSecretFile(_ path: String) throws(SecretFileError) -> String {
    guard let data = FileManager.default.contents(atPath: path) else { throw .unreadable }
    guard data.count <= 4_096 else { throw .tooLarge }
    var text = String(decoding: data, as: UTF8.self)
    while text.last?.isNewline == true { text.removeLast() }
    guard !text.isEmpty else { throw .empty }
    return text
}
