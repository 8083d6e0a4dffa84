import Foundation
import HTTPTypes
import Hummingbird
import ServiceKit
import Synchronization
import Testing

@testable import ContextApp

@Suite("Context's OpenAPI document")
struct APIDocumentTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/api")

    /// The operations under `paths`, as `GET /livez`, by their indentation.
    private static func documented() throws -> Set<String> {
        let text = try String(contentsOf: folder.appending(path: "context.yaml"), encoding: .utf8)
        var operations: Set<String> = []
        var path: Substring = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("  /"), line.hasSuffix(":") { path = line.dropFirst(2).dropLast() }
            let word = line.drop { $0 == " " }
            let methods = ["get:", "put:", "post:", "delete:", "patch:"]
            if line.count - word.count == 4, !path.isEmpty, methods.contains(String(word)) {
                operations.insert("\(word.dropLast().uppercased()) \(path)")
            }
        }
        return operations
    }

    @Test("Names exactly the routes that the service has")
    func routes() async throws {
        let timeline = try TestTimeline()
        let settings = try Settings(
            ServiceDescription.context.settings,
            environment: [
                "PATCHBAY_HTTP_PORT": "0", "PATCHBAY_AUTH_SECRET": "an auth secret of at least 32 characters",
                "PATCHBAY_DOCS_DIR": Self.folder.path,
            ])
        let found = Mutex<Set<String>>([])
        let runner = ServiceRunner(service: .context, settings: settings, logger: .silent)
        await #expect(throws: Enough.self) {
            try await runner.run { setup in
                CustomerRoutes(store: timeline.store, sink: MemoryInbound().sink).add(to: setup)
                let routes = setup.router.routes.filter { $0.method != .head }.map {
                    "\($0.method.rawValue) \($0.path)"
                }
                found.withLock { $0 = Set(routes) }
                throw Enough()
            }
        }
        try timeline.remove()
        #expect(found.withLock { $0 } == (try Self.documented()))
    }

    private struct Enough: Error {}
}
