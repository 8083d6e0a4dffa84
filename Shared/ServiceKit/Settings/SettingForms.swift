// The forms that settings take. Each says in words what it accepts.

extension Setting where Value == String {
    /// A text of 1 to `bytesMax` bytes without spaces around it.
    package static func text(
        _ key: String, default value: String?, bytesMax: Int = 1_024, help: String
    ) -> Setting {
        Setting(key, form: "a text", help: help, defaultText: value, fallback: value) { text in
            text.utf8.count <= bytesMax ? text : nil
        }
    }

    /// A text made of a few characters only: names, prefixes.
    package static func name(_ key: String, default value: String?, bytesMax: Int = 64, help: String) -> Setting {
        let form = "1 to \(bytesMax) of the characters a-z 0-9 . _ -, a letter or digit first"
        return Setting(key, form: form, help: help, defaultText: value, fallback: value) { text in
            isName(text, bytesMax: bytesMax) ? text : nil
        }
    }
}

extension Setting where Value == String? {
    /// A text that need not be set.
    package static func optionalText(
        _ key: String, form: String = "a text", bytesMax: Int = 1_024, help: String
    ) -> Setting {
        Setting(key, form: form, help: help, defaultText: nil, fallback: .some(nil)) { text in
            text.utf8.count <= bytesMax ? text : nil
        }
    }

    /// An absolute `http` or `https` URL without query and fragment; a slash at its end is cut off.
    package static func optionalURL(_ key: String, help: String) -> Setting {
        let form = "a URL such as https://support.example.com"
        return Setting(key, form: form, help: help, defaultText: nil, fallback: .some(nil)) { text in
            let isURL = text.hasPrefix("https://") || text.hasPrefix("http://")
            let host = text.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" }
            let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } && !text.contains { "?#".contains($0) }
            guard isURL, !host.isEmpty, isPlain, text.utf8.count <= 1_024 else { return nil }
            return text.hasSuffix("/") ? String(text.dropLast()) : text
        }
    }
}

extension Setting where Value == Int {
    package static func integer(
        _ key: String, default value: Int?, in range: ClosedRange<Int>, unit: String? = nil, help: String
    ) -> Setting {
        Setting(
            key, form: "a whole number from \(range.lowerBound) to \(range.upperBound)", unit: unit, help: help,
            defaultText: value.map(String.init), fallback: value
        ) { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension Setting where Value == Bool {
    package static func flag(_ key: String, default value: Bool, help: String) -> Setting {
        Setting(key, form: "true or false", help: help, defaultText: "\(value)", fallback: value) { text in
            switch text.lowercased() {
            case "true", "yes", "1": true
            case "false", "no", "0": false
            default: nil
            }
        }
    }
}

extension Setting where Value == Duration {
    package static func milliseconds(
        _ key: String, default value: Int, in range: ClosedRange<Int>, help: String
    ) -> Setting {
        Setting(
            key, form: "a whole number from \(range.lowerBound) to \(range.upperBound)", unit: "ms", help: help,
            defaultText: "\(value)", fallback: .milliseconds(value)
        ) { text in
            Int(text).flatMap { range.contains($0) ? .milliseconds($0) : nil }
        }
    }
}

extension Setting where Value == Secret? {
    /// A secret, from the environment or from the file that `<key>_FILE` names.
    package static func secret(_ key: String, bytesMin: Int, help: String) -> Setting {
        let form = "a secret of \(bytesMin) to 4096 bytes"
        return Setting(key, form: form, help: help, isSecret: true, defaultText: nil, fallback: .some(nil)) { text in
            (bytesMin...4_096).contains(text.utf8.count) ? Secret(text) : nil
        }
    }
}

extension Setting where Value: RawRepresentable<String> & CaseIterable {
    /// One of a few words.
    package static func choice(_ key: String, default value: Value, help: String) -> Setting {
        let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return Setting(
            key, form: "one of \(words)", help: help, defaultText: value.rawValue, fallback: value
        ) { text in
            Value(rawValue: text.lowercased())
        }
    }
}

/// Whether a text is made of `a-z 0-9 . _ -`, with a letter or digit first.
func isName(_ text: String, bytesMax: Int) -> Bool {
    let bytes = text.utf8
    guard (1...bytesMax).contains(bytes.count), let first = bytes.first else { return false }
    func isPlain(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) }
    return isPlain(first) && bytes.allSatisfy { isPlain($0) || $0 == 0x2e || $0 == 0x5f || $0 == 0x2d }
}
