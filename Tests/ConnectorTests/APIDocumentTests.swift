import Curl
import Foundation
import TestSupport
import Testing

@testable import ConnectorApp

@Suite("The API document describes the routes that there are")
struct APIDocumentTests {
    @Test("every path of docs/api/connector.yaml is answered with the methods that it names, and with no other")
    func paths() async throws {
        let document = try String(
            contentsOf: repositoryRoot.appending(path: "docs/api/connector.yaml"), encoding: .utf8)
        let operations = Self.operations(document)
        #expect(operations.count == 11, "\(operations)")
        try await TestConnector.with { connector in
            for (path, method) in operations where path != "/openapi.yaml" {
                let real = path.replacing("{account}", with: "page").replacing("{token}", with: "a.b")
                let response = try await connector.send(method, real)
                #expect(response.status != 405 && code(response) != "not-found", "\(method) \(path)")
                let other = try await connector.send(method == "GET" ? "POST" : "GET", real)
                #expect(other.status == 405, "\(path) takes what the document does not name")
            }
        }
    }

    /// The paths and methods, by their place in the document: two and four spaces in.
    private static func operations(_ document: String) -> [(path: String, method: String)] {
        var path = ""
        var found: [(path: String, method: String)] = []
        for line in document.prefix(upTo: document.firstRange(of: "\ncomponents:")!.lowerBound).split(separator: "\n") {
            if line.hasPrefix("  /") { path = String(line.dropFirst(2).dropLast()) }
            if line == "    get:" || line == "    post:" {
                found.append((path, line.dropFirst(4).dropLast().uppercased()))
            }
        }
        return found
    }
}
