import Foundation

/// This repository's files, as the rules read them.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A file with its path from the top of the repository.
    struct File: Sendable, CustomStringConvertible {
        let path: String
        let text: String

        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        var description: String { path }
        var isGenerated: Bool { path.contains("/Generated/") || path.hasSuffix(".pb.swift") }
        /// Lines as an editor counts them: a last line break ends a line and begins none.
        var lineCount: Int { lines.count - (text.hasSuffix("\n") ? 1 : 0) }
    }

    static let swiftFiles = files(under: ["Services", "Shared", "Tests"]).filter { $0.path.hasSuffix(".swift") }

    /// All files of text below the folders, sorted by path. Hidden files are left out.
    static func files(under folders: [String]) -> [File] {
        folders.flatMap { folder -> [File] in
            let top = root.appending(path: folder)
            let found = FileManager.default.enumerator(
                at: top, includingPropertiesForKeys: [.isRegularFileKey], options: [.skipsHiddenFiles])
            return (found?.allObjects ?? []).compactMap { ($0 as? URL).flatMap(file(at:)) }
        }
        .sorted { $0.path < $1.path }
    }

    static func file(_ path: String) -> File? {
        file(at: root.appending(path: path))
    }

    private static func file(at url: URL) -> File? {
        guard let data = try? Data(contentsOf: url), let text = String(data: data, encoding: .utf8) else { return nil }
        let path = url.standardizedFileURL.path
        let prefix = root.standardizedFileURL.path + "/"
        return File(path: path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path, text: text)
    }
}

/// What the rules look at in a Swift file: its code, without comments and without what strings say.
struct SwiftSource {
    /// One string a line of the file.
    let code: [String]

    init(_ text: String) {
        code = Self.withoutCommentsAndStrings(text)
    }

    /// The modules that the file imports.
    var imports: [String] {
        code.compactMap { line in
            let words = line.split(separator: " ").map(String.init).filter { !$0.hasPrefix("@") }
            guard let index = words.firstIndex(of: "import"), index <= 1, words.count > index + 1 else { return nil }
            let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let name = kinds.contains(words[index + 1]) ? words.dropFirst(index + 2).first : words[index + 1]
            return name.map { String($0.split(separator: ".")[0]) }
        }
    }

    /// Blanks out comments and the content of string literals; interpolations go with their string.
    private static func withoutCommentsAndStrings(_ text: String) -> [String] {
        enum State {
            case code, lineComment
            case blockComment(depth: Int)
            case string, longString
        }
        var state = State.code
        var result: [String] = []
        var line = ""
        let characters = Array(text)
        var index = 0
        func at(_ offset: Int, _ expected: String) -> Bool {
            let end = offset + expected.count
            return end <= characters.count && characters[offset..<end].elementsEqual(expected)
        }
        while index < characters.count {
            let character = characters[index]
            if character == "\n" {
                result.append(line)
                line = ""
                if case .lineComment = state { state = .code }
                if case .string = state { state = .code }
                index += 1
                continue
            }
            var width = 1
            switch state {
            case .code:
                if at(index, "//") {
                    (state, width) = (.lineComment, 2)
                } else if at(index, "/*") {
                    (state, width) = (.blockComment(depth: 1), 2)
                } else if at(index, "\"\"\"") {
                    (state, width) = (.longString, 3)
                } else if character == "\"" {
                    state = .string
                } else {
                    line.append(character)
                }
            case .lineComment:
                break
            case .blockComment(let depth):
                if at(index, "*/") {
                    (state, width) = (depth == 1 ? .code : .blockComment(depth: depth - 1), 2)
                } else if at(index, "/*") {
                    (state, width) = (.blockComment(depth: depth + 1), 2)
                }
            case .string:
                if character == "\\" {
                    width = 2
                } else if character == "\"" {
                    state = .code
                }
            case .longString:
                if character == "\\" {
                    width = 2
                } else if at(index, "\"\"\"") {
                    (state, width) = (.code, 3)
                }
            }
            index += width
        }
        result.append(line)
        return result
    }
}
