import OrderedCollections
import Yams

/// One value of a YAML file, with the way that leads to it.
struct YAMLPlace {
    var file: String
    var path: [String]
    var node: Node

    /// What a scalar says; nil for anything else.
    var scalarText: String? { node.scalar?.string }

    /// The value in few words, for a message.
    var summary: String {
        switch node {
        case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "\"\(scalar.string.prefix(80))\""
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    /// The line of what these keys and indices lead to, as far as they do.
    func line(of keys: some Sequence<String>) -> Int? {
        var current = node
        for key in keys {
            guard
                let next = current[key]
                    ?? Int(key).flatMap({ current.sequence?.indices.contains($0) == true ? current.sequence?[$0] : nil }
                    )
            else { break }
            current = next
        }
        return current.mark?.line
    }

    func problem(found: String? = nil, expected: String) -> ConfigurationProblem {
        ConfigurationProblem(
            file: file, line: node.mark?.line, path: path.joined(separator: "."), found: found ?? summary,
            expected: expected)
    }
}

/// A mapping whose keys are known to be allowed.
struct YAMLMapping {
    var place: YAMLPlace
    var values: OrderedDictionary<String, YAMLPlace>

    subscript(key: String) -> YAMLPlace? { values[key] }
}

/// Reads values out of YAML strictly, and collects what is wrong instead of stopping at the first.
///
/// Every function returns nil after a problem; whoever calls leaves the entry out and goes on.
struct YAMLReader {
    private(set) var problems: [ConfigurationProblem] = []

    mutating func report(_ problem: ConfigurationProblem) {
        problems.append(problem)
    }

    /// The top of a file.
    mutating func document(_ text: String, file: String, expected: String = "an organization") -> YAMLPlace? {
        do {
            guard let node = try Yams.compose(yaml: text) else {
                report(.init(file: file, line: nil, path: "", found: "an empty file", expected: expected))
                return nil
            }
            return YAMLPlace(file: file, path: [], node: node)
        } catch {
            let words = "\(error)".split(separator: "\n").first.map(String.init) ?? "unreadable text"
            report(.init(file: file, line: nil, path: "", found: words, expected: "YAML"))
            return nil
        }
    }

    /// A mapping with these keys at most.
    mutating func mapping(_ place: YAMLPlace, keys: [String]) -> YAMLMapping? {
        guard let mapping = mapping(place) else { return nil }
        for (key, value) in mapping.values where !keys.contains(key) {
            let hint = nearest(to: key, of: keys).map { ": did you mean \"\($0)\"?" } ?? ""
            let expected = "one of \(keys.joined(separator: ", "))\(hint)"
            report(value.problem(found: "the unknown key \"\(key)\"", expected: expected))
        }
        return mapping
    }

    /// A mapping from names to anything.
    mutating func mapping(_ place: YAMLPlace) -> YAMLMapping? {
        guard case .mapping(let node) = place.node else {
            report(place.problem(expected: "a mapping"))
            return nil
        }
        var values: OrderedDictionary<String, YAMLPlace> = [:]
        for (key, value) in node {
            guard let name = key.scalar?.string else {
                report(place.problem(found: "a key that is no text", expected: "text"))
                continue
            }
            values[name] = YAMLPlace(file: place.file, path: place.path + [name], node: value)
        }
        return YAMLMapping(place: place, values: values)
    }

    mutating func list(_ place: YAMLPlace) -> [YAMLPlace]? {
        guard case .sequence(let node) = place.node else {
            report(place.problem(expected: "a list"))
            return nil
        }
        return node.enumerated().map {
            YAMLPlace(file: place.file, path: place.path + [String($0.offset)], node: $0.element)
        }
    }

    /// The value of a key that must be there.
    mutating func required(_ key: String, in mapping: YAMLMapping, expected: String) -> YAMLPlace? {
        if let place = mapping[key] { return place }
        var problem = mapping.place.problem(found: "nothing", expected: expected)
        problem.path = (mapping.place.path + [key]).joined(separator: ".")
        report(problem)
        return nil
    }

    mutating func text(_ place: YAMLPlace, bytesMax: Int = 2000, expected: String = "text") -> String? {
        guard let text = place.scalarText, !text.isEmpty, text.utf8.count <= bytesMax else {
            report(place.problem(expected: "\(expected) of 1 to \(bytesMax) bytes"))
            return nil
        }
        return text
    }

    mutating func integer(_ place: YAMLPlace, in range: ClosedRange<Int>) -> Int? {
        guard let value = place.scalarText.flatMap({ Int($0) }), range.contains(value) else {
            report(place.problem(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)"))
            return nil
        }
        return value
    }

    mutating func boolean(_ place: YAMLPlace) -> Bool? {
        switch place.scalarText {
        case "true": return true
        case "false": return false
        default:
            report(place.problem(expected: "true or false"))
            return nil
        }
    }

    mutating func number(_ place: YAMLPlace, in range: ClosedRange<Double>) -> Double? {
        guard let value = place.scalarText.flatMap({ Double($0) }), range.contains(value) else {
            report(place.problem(expected: "a number from \(range.lowerBound) to \(range.upperBound)"))
            return nil
        }
        return value
    }

    /// A span of time such as `30s`, `5m`, `2h` or `1d`, in seconds.
    mutating func seconds(_ place: YAMLPlace, in range: ClosedRange<Int>) -> Int? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        let text = place.scalarText ?? ""
        if let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()), count >= 0 {
            let (seconds, overflow) = count.multipliedReportingOverflow(by: unit)
            if !overflow, range.contains(seconds) { return seconds }
        }
        report(
            place.problem(expected: "a time from \(range.lowerBound)s to \(range.upperBound)s, as 30s, 5m, 2h or 1d"))
        return nil
    }

    /// A share such as `80%`.
    mutating func percent(_ place: YAMLPlace, in range: ClosedRange<Int> = 1...99) -> Int? {
        let text = place.scalarText ?? ""
        guard text.last == "%", let value = Int(text.dropLast()), range.contains(value) else {
            report(place.problem(expected: "a share from \(range.lowerBound)% to \(range.upperBound)%"))
            return nil
        }
        return value
    }

    mutating func oneOf<Value: RawRepresentable & CaseIterable>(_ place: YAMLPlace, _ type: Value.Type) -> Value?
    where Value.RawValue == String {
        if let value = place.scalarText.flatMap({ Value(rawValue: $0) }) { return value }
        let names = Value.allCases.map(\.rawValue)
        let hint = place.scalarText.flatMap { nearest(to: $0, of: names) }.map { ": did you mean \"\($0)\"?" }
        report(place.problem(expected: "one of \(names.joined(separator: ", "))\(hint ?? "")"))
        return nil
    }

    /// A name that can stand in a key, a path and a token: lower case, digits, `-`, `_` and `.`.
    mutating func name(_ text: String, at place: YAMLPlace) -> String? {
        let allowed = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
            default: false
            }
        }
        guard allowed, (1...64).contains(text.utf8.count), text.first != ".", text.first != "-" else {
            report(
                place.problem(
                    found: "the name \"\(text.prefix(80))\"",
                    expected: "1 to 64 of a-z, 0-9, -, _ and ., beginning with a letter or digit"))
            return nil
        }
        return text
    }
}
