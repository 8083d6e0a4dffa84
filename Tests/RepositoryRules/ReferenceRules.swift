import Foundation
import Testing

@Suite("What the repository refers to exists in it")
struct ReferenceRules {
    static let folders = [".ci", "Services", "Shared", "Tests", "compose", "docs", "scripts"]
    static let topFiles = ["Makefile", "README.md", "CONTRIBUTING.md", "Package.swift"]

    static var texts: [Repository.File] {
        Repository.files(under: folders) + topFiles.compactMap(Repository.file)
    }

    @Test("Nothing refers to a folder outside the project")
    func nothingOutsideIsReferredTo() throws {
        // Put together here, so that this file does not refer to them either.
        let machine = try Regex(
            "(?:^|[^A-Za-z0-9_./}-])/(?:" + ["work", "home", "root", "opt/pv"].joined(separator: "|") + ")/")
        let climb = try Regex(#"(?:\.\./)+[A-Za-z.][\w./-]*"#)
        for file in Self.texts {
            let named = file.text.firstMatch(of: machine).map { String(file.text[$0.range]) }
            #expect(named == nil, "\(file.path) names a folder of one machine")
            for match in file.text.matches(of: climb) {
                let target = String(file.text[match.range])
                let base = URL(filePath: "/top/" + file.path).deletingLastPathComponent()
                let resolved = URL(filePath: target, relativeTo: base).standardizedFileURL.path
                #expect(resolved == "/top" || resolved.hasPrefix("/top/"), "\(file.path) climbs out with \(target)")
            }
        }
    }

    @Test("Links between the documents lead somewhere")
    func linksLeadSomewhere() throws {
        let link = try Regex(#"\]\(([^)#:\s]+)(?:#[^)]*)?\)"#, as: (Substring, Substring).self)
        for file in Self.texts where file.path.hasSuffix(".md") {
            let base = Repository.root.appending(path: file.path).deletingLastPathComponent()
            for match in file.text.matches(of: link) {
                let target = base.appending(path: String(match.1))
                #expect(FileManager.default.fileExists(atPath: target.path), "\(file.path) links to \(match.1)")
            }
        }
    }

    @Test("Every decision record stands in the list of decisions")
    func decisionsAreListed() throws {
        let list = try #require(Repository.file("docs/decisions/README.md")).text
        for file in Repository.files(under: ["docs/decisions"]) where !file.path.hasSuffix("README.md") {
            let name = URL(filePath: file.path).lastPathComponent
            #expect(list.contains("(\(name))"), "\(name) is not listed")
        }
    }

    @Test("What is said of identifiers names tests that exist")
    func identifiersAreHeld() throws {
        let identifiers = try #require(Repository.file("docs/identifiers.md"))
        let tests = Repository.files(under: ["Tests"]).map(\.text).joined()
        let quoted = try Regex(#"“([^”]+)”"#, as: (Substring, Substring).self)
        let names = identifiers.text.matches(of: quoted).map(\.1)
        #expect(!names.isEmpty)
        for name in names {
            let isFound = tests.contains("\"\(name)\"") || tests.contains("`\(name)`")
            #expect(isFound, "no test is named “\(name)”")
        }
    }

    @Test("Every promise names tests and metrics that exist")
    func promisesAreKept() throws {
        let promises = try #require(Repository.file("docs/promises.md"))
        let tests = Repository.files(under: ["Tests"]).map(\.text).joined()
        let sources = Repository.files(under: ["Services", "Shared"]).map(\.text).joined()
        let quoted = try Regex(#"“([^”]+)”"#, as: (Substring, Substring).self)
        let metric = try Regex(#"`(patchbay_[a-z_]+)`"#, as: (Substring, Substring).self)
        var rows = 0
        for line in promises.lines where line.wholeMatch(of: /\|\s*\d+\s*\|.*/) != nil {
            rows += 1
            let names = line.matches(of: quoted).map(\.1)
            #expect(!names.isEmpty, "promise \(rows) names no test")
            for name in names {
                let isFound = tests.contains("\"\(name)\"") || tests.contains("`\(name)`")
                #expect(isFound, "no test is named “\(name)”")
            }
            for name in line.matches(of: metric).map(\.1) {
                let isFound = sources.contains("\"\(name)\"")
                #expect(isFound, "no metric is named \(name)")
            }
        }
        #expect(rows == 14, "the design makes fourteen promises")
    }
}
