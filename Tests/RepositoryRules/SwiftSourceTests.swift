import Testing

@Suite("The rules read Swift as the compiler does")
struct SwiftSourceTests {
    @Test(
        "Imports are found in all their forms",
        arguments: [
            ("import Domain", "Domain"), ("package import Domain", "Domain"), ("internal import Crypto", "Crypto"),
            ("@testable import RouterCore", "RouterCore"), ("@preconcurrency package import Kafka", "Kafka"),
            ("import struct Foundation.Date", "Foundation"), ("import Foundation.NSDate", "Foundation"),
        ])
    func importsAreFound(line: String, module: String) {
        #expect(SwiftSource(line).imports == [module])
    }

    @Test(
        "Comments and strings are not code",
        arguments: [
            "// import Foundation", "/* import Foundation */", "let text = \"import Foundation\"",
            "/* outer /* inner */ import Foundation */", "\"\"\"\nimport Foundation\n\"\"\"",
        ])
    func commentsAreNoCode(text: String) {
        #expect(SwiftSource(text).imports == [])
    }

    @Test("A wrong arrow is objected to")
    func wrongArrowsAreFound() throws {
        let core = try #require(Layer.all.first { $0.folder == "Services/Router/Core/" })
        #expect(core.objection(to: "Domain") == nil)
        #expect(core.objection(to: "Foundation") != nil)
        #expect(core.objection(to: "Kafka") != nil)
        let app = try #require(Layer.all.first { $0.folder == "Services/Router/App/" })
        #expect(app.objection(to: "RouterCore") == nil)
        #expect(app.objection(to: "ContextCore") != nil)
        #expect(app.objection(to: "CRdKafka") != nil)
    }
}
