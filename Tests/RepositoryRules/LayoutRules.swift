import Testing

@Suite("The repository's layout holds")
struct LayoutRules {
    @Test("Every Swift file outside the tests belongs to a layer")
    func everyFileHasALayer() {
        let homeless = Repository.swiftFiles.filter { file in
            !file.path.hasPrefix("Tests/") && !Layer.all.contains { file.path.hasPrefix($0.folder) }
        }
        #expect(homeless.isEmpty, "name their folders in Layers.swift")
        #expect(Repository.swiftFiles.count > 20, "the files were not found")
    }

    @Test("Imports point downwards only", arguments: Layer.all)
    func importsPointDownwards(layer: Layer) {
        for file in Repository.swiftFiles where file.path.hasPrefix(layer.folder) {
            for module in SwiftSource(file.text).imports {
                let objection = layer.objection(to: module)
                #expect(objection == nil, "\(file.path)")
            }
        }
    }

    @Test("librdkafka is imported by Kafka alone, and libcurl by Curl alone")
    func cLibrariesHaveOneHome() {
        for (module, home) in [("CRdKafka", "Shared/Kafka/"), ("CCurl", "Shared/Curl/")] {
            let importers = Repository.swiftFiles.filter { SwiftSource($0.text).imports.contains(module) }
            for file in importers {
                // A test of the mock cluster or of the bindings belongs to the module that it tests.
                let isHome = file.path.hasPrefix(home) || file.path.hasPrefix("Tests/\(module.dropFirst())Tests/")
                #expect(isHome || file.path.hasPrefix("Tests/KafkaTests/"), "\(file.path) imports \(module)")
            }
        }
    }

    @Test("Domain and the Cores are pure")
    func coresArePure() throws {
        let impure = try Regex(
            #"\b(Date\(|UUID\(|random|\w*RandomNumberGenerator|ContinuousClock|SuspendingClock|Task\b|async\b"#
                + #"|await\b|Dispatch\w+|print\(|fatalError|try!|Double\b|Float\b)"#)
        for file in Repository.swiftFiles where file.path.contains("/Core/") || file.path.hasPrefix("Shared/Domain/") {
            for (number, line) in SwiftSource(file.text).code.enumerated() {
                let found = line.firstMatch(of: impure).map { line[$0.range] }
                #expect(found == nil, "\(file.path):\(number + 1)")
            }
        }
    }

    @Test("Files stay short")
    func filesStayShort() {
        for file in Repository.swiftFiles where !file.isGenerated {
            let linesMax = file.path.hasPrefix("Tests/") ? 800 : 500
            #expect(file.lineCount <= linesMax, "\(file.path)")
        }
    }

    @Test("Main files only wire things together")
    func mainFilesAreShort() {
        let mains = Repository.swiftFiles.filter { file in
            file.path.hasPrefix("Services/")
                && SwiftSource(file.text).code.contains { $0.split(separator: " ").first == "@main" }
        }
        #expect(mains.count >= 5, "four services and the command line")
        for file in mains {
            #expect(file.lineCount <= 40, "\(file.path)")
        }
    }

    @Test("Unchecked sendability is confined to Kafka and Curl, and each use says why it is safe")
    func uncheckedSendabilityIsExplained() {
        for file in Repository.swiftFiles where !file.path.hasPrefix("Tests/") && !file.isGenerated {
            let uses = SwiftSource(file.text).code.contains { $0.contains("@unchecked Sendable") }
            guard uses else { continue }
            #expect(file.path.hasPrefix("Shared/Kafka/") || file.path.hasPrefix("Shared/Curl/"), "\(file.path)")
            #expect(file.text.contains("SAFETY:"), "\(file.path)")
        }
    }
}
