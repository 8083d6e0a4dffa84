import Testing

/// Which module may import which. The direction is App → own Core and Shared, Core → Domain, and never back.
struct Layer: Sendable, CustomTestStringConvertible {
    let folder: String
    /// Modules of this repository.
    let own: Set<String>
    /// Packages and C libraries; nil where any may be used.
    let foreign: Set<String>?

    static let collections: Set<String> = [
        "OrderedCollections", "DequeModule", "HeapModule", "Collections", "Crypto",
    ]
    static let shared: Set<String> = ["Domain", "Schema", "Kafka", "Streams", "Curl", "ServiceKit"]

    /// What the modules that own threads and C libraries build on.
    static let system: Set<String> = ["Synchronization", "Glibc", "Foundation", "FoundationEssentials", "Dispatch"]

    static let all: [Layer] =
        [
            Layer(folder: "Shared/Domain/", own: [], foreign: collections),
            Layer(
                folder: "Shared/Schema/", own: ["Domain"],
                foreign: collections.union(["SwiftProtobuf", "Foundation", "FoundationEssentials"])),
            Layer(folder: "Shared/Kafka/", own: ["CRdKafka"], foreign: system),
            Layer(folder: "Shared/Streams/", own: ["Kafka", "Domain"], foreign: collections.union(system)),
            Layer(folder: "Shared/Curl/", own: ["CCurl"], foreign: collections.union(system)),
            Layer(folder: "Shared/Client/", own: ["Curl"], foreign: system),
            Layer(folder: "Shared/ServiceKit/", own: ["CMalloc", "Domain"], foreign: nil),
            Layer(
                folder: "Services/Router/Planning/", own: ["Domain", "RouterCore", "SLATimerCore"],
                foreign: collections.union(["Glibc"])),
            // What the command line shares with a service is the service's pure rules, never its executable.
            Layer(
                folder: "Services/Patchbay/", own: shared.union(["PatchbayClient", "RouterCore", "RouterPlanning"]),
                foreign: nil),
            Layer(folder: "Tests/Support/", own: shared, foreign: nil),
        ]
        + ["Connector", "Context", "Router", "SLATimer", "Console"].flatMap { service in
            [
                Layer(folder: "Services/\(service)/Core/", own: ["Domain"], foreign: collections),
                Layer(folder: "Services/\(service)/App/", own: shared.union(["\(service)Core"]), foreign: nil),
            ]
        }

    /// Names that belong to this repository, wherever they are imported.
    static let ownModules: Set<String> =
        shared.union([
            "CRdKafka", "CMalloc", "CMonotonicWaits", "CCurl", "PatchbayClient", "RouterPlanning", "PatchbayCLI",
            "TestSupport",
        ])
        .union(["Connector", "Context", "Router", "SLATimer", "Console"].flatMap { ["\($0)App", "\($0)Core"] })

    var testDescription: String { folder }

    /// Why a file of this layer may not import the module; nil when it may.
    func objection(to module: String) -> String? {
        if Self.ownModules.contains(module) {
            return own.contains(module) ? nil : "\(folder) may not know \(module)"
        }
        guard let foreign, !foreign.contains(module) else { return nil }
        return "\(folder) may import only \(foreign.sorted().joined(separator: ", ")), not \(module)"
    }
}
