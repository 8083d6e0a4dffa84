/// One thing that an operator may set, declared where its type, default and meaning are known.
///
/// A declaration is all that `--help`, `docs/configuration.md`, the check at start and the reading code need:
/// ```swift
/// static let wait = Setting<Int>.integer("PATCHBAY_WAIT", default: 25, in: 0...60, unit: "s", help: "Longest poll.")
/// let seconds = settings[wait]
/// ```
package struct Setting<Value: Sendable>: SettingDeclaration {
    package let key: String
    package let form: String
    package let unit: String?
    package let help: String
    package let isSecret: Bool
    package let defaultText: String?
    private let fallback: Value?
    private let parse: @Sendable (String) -> Value?

    /// - Parameter fallback: the value when nothing is set; nil makes the setting required.
    /// - Parameter parse: nil for a text that is not of the expected form.
    package init(
        _ key: String, form: String, unit: String? = nil, help: String, isSecret: Bool = false, defaultText: String?,
        fallback: Value?, parse: @escaping @Sendable (String) -> Value?
    ) {
        precondition(key.hasPrefix(settingPrefix), "a setting's key starts with \(settingPrefix)")
        self.key = key
        self.form = form
        self.unit = unit
        self.help = help
        self.isSecret = isSecret
        self.defaultText = defaultText
        self.fallback = fallback
        self.parse = parse
    }

    package func read(_ text: String?) throws(SettingsProblem) -> any Sendable {
        guard let text else {
            guard let fallback else { throw SettingsProblem(key: key, value: nil, expected: form) }
            return fallback
        }
        guard let value = parse(text) else {
            throw SettingsProblem(key: key, value: isSecret ? hiddenValue : text, expected: form)
        }
        return value
    }
}

/// A setting without its type: what lists of settings hold.
package protocol SettingDeclaration: Sendable {
    /// The environment variable.
    var key: String { get }
    /// What a right value looks like, in words that fit after "expected".
    var form: String { get }
    /// The unit of a number.
    var unit: String? { get }
    /// One sentence.
    var help: String { get }
    /// Never shown, and may come from a file named by `<key>_FILE`.
    var isSecret: Bool { get }
    /// The default as an operator would write it; nil when there is none.
    var defaultText: String? { get }

    /// Reads the text, or takes the default when there is none.
    func read(_ text: String?) throws(SettingsProblem) -> any Sendable
}

/// What all of Patchbay's environment variables start with.
package let settingPrefix = "PATCHBAY_"

/// Stands in messages where a secret would be.
let hiddenValue = "(hidden)"
