/// One wrong setting.
package struct SettingsProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package var key: String
    /// What was set; nil when nothing was. Never a secret.
    package var value: String?
    package var expected: String

    package init(key: String, value: String?, expected: String) {
        self.key = key
        self.value = value
        self.expected = expected
    }

    package var description: String {
        guard let value else { return "\(key) is not set: expected \(expected)" }
        return "\(key) is \"\(value)\": expected \(expected)"
    }
}

/// All wrong settings, reported together so that one start shows them all.
package struct SettingsError: Error, Sendable, CustomStringConvertible {
    package var problems: [SettingsProblem]

    package init(problems: [SettingsProblem]) {
        self.problems = problems
    }

    package var description: String {
        problems.map { "  \($0)" }.joined(separator: "\n")
    }
}
