import ServiceKit

/// What is wrong at one place of an organization's file, and what would be right there.
struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    var file: String
    /// - Units: from 1; nil where the file as a whole is meant.
    var line: Int?
    /// Keys from the top, joined by dots.
    var path: String
    var found: String
    var expected: String

    var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        let subject = path.isEmpty ? "" : " \(path):"
        return "\(place):\(subject) found \(found), expected \(expected)"
    }
}

/// Everything that is wrong with what was to be applied.
struct ConfigurationProblems: Error, CustomStringConvertible {
    var problems: [ConfigurationProblem]

    var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// The candidate that a misspelled word was probably meant to be.
func nearest(to word: String, of candidates: some Sequence<String>) -> String? {
    let distanceMax = word.count < 5 ? 1 : 2
    return candidates.map { ($0, editDistance(word, $0)) }.filter { $0.1 <= distanceMax }
        .min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
}
