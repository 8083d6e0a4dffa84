import ArgumentParser
import Foundation

/// Reads an organization's files, and puts values in for `${NAME}`.
enum OrganizationFiles {
    static func load(_ paths: [String], values: [String: String]) throws -> Organization {
        try Organization(files: paths.map { try file($0, values: values) })
    }

    static func file(_ path: String, values: [String: String]) throws -> (name: String, text: String) {
        let name = path == "-" ? "standard input" : path
        return (name, try replace(in: text(of: path), of: path, values: values))
    }

    /// `name=value` pairs of the command line.
    static func parse(values: [String]) throws -> [String: String] {
        var parsed: [String: String] = [:]
        for pair in values {
            guard let sign = pair.firstIndex(of: "="), sign > pair.startIndex else {
                throw ValidationError("--set is \"\(pair)\": expected name=value")
            }
            parsed[String(pair[..<sign])] = String(pair[pair.index(after: sign)...])
        }
        return parsed
    }

    /// - Throws: `ConfigurationProblems` for a name without a value.
    static func replace(
        in text: String, of file: String, values: [String: String]
    ) throws(ConfigurationProblems) -> String {
        var problems: [ConfigurationProblem] = []
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { number, line in
            line.replacing(/\$\{([A-Za-z][A-Za-z0-9_-]*)\}/) { match in
                if let value = values[String(match.1)] { return value }
                problems.append(
                    ConfigurationProblem(
                        file: file, line: number + 1, path: "", found: "\(match.0) without a value",
                        expected: "--set \(match.1)=…"))
                return ""
            }
        }
        guard problems.isEmpty else { throw ConfigurationProblems(problems: problems) }
        return lines.joined(separator: "\n")
    }

    private static func text(of path: String) throws -> String {
        let data =
            path == "-" ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: path)
        guard let data, let text = String(data: data, encoding: .utf8) else {
            throw ValidationError("\(path) cannot be read as UTF-8 text")
        }
        return text
    }
}
