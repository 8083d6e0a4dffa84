// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .treatAllWarnings(as: .error),
]

/// A library under `Shared/`.
func shared(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Shared/\(name)", exclude: exclude, swiftSettings: strict)
}

/// A service's pure state machine: imports Domain only.
func core(_ service: String) -> Target {
    .target(
        name: "\(service)Core",
        dependencies: ["Domain", .product(name: "Collections", package: "swift-collections"), crypto],
        path: "Services/\(service)/Core", swiftSettings: strict)
}

/// A service's executable: its own Core, and Shared.
func app(_ service: String, _ extra: [Target.Dependency] = []) -> Target {
    .executableTarget(
        name: "\(service)App",
        dependencies: [
            .target(name: "\(service)Core"), "Domain", "Schema", "Kafka", "Streams", "ServiceKit",
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "SwiftProtobuf", package: "swift-protobuf"),
        ] + extra,
        path: "Services/\(service)/App", swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(name)", exclude: exclude,
        swiftSettings: strict)
}

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

let package = Package(
    name: "patchbay",
    products: [
        .executable(name: "connector", targets: ["ConnectorApp"]),
        .executable(name: "context", targets: ["ContextApp"]),
        .executable(name: "router", targets: ["RouterApp"]),
        .executable(name: "sla-timer", targets: ["SLATimerApp"]),
        .executable(name: "patchbay", targets: ["PatchbayCLI"]),
        .library(name: "PatchbayClient", targets: ["PatchbayClient"]),
        .executable(name: "benchmark", targets: ["Benchmark"]),
        .executable(name: "benchmark-floor", targets: ["BenchmarkFloor"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", exact: "5.7.1"),
    ],
    targets: [
        .systemLibrary(
            name: "CRdKafka", path: "Shared/CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(
            name: "CCurl", path: "Shared/CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),

        .systemLibrary(name: "CMalloc", path: "Shared/CMalloc"),
        .target(name: "CMonotonicWaits", path: "Shared/CMonotonicWaits"),
        shared("Domain", [.product(name: "Collections", package: "swift-collections"), crypto]),
        shared(
            "Schema",
            [
                "Domain", .product(name: "Collections", package: "swift-collections"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["Proto", "Generated/hashes.txt", "generate.sh"]),
        shared("Kafka", ["CRdKafka", "CMonotonicWaits"]),
        shared("Streams", ["Kafka", "Domain", .product(name: "Collections", package: "swift-collections")]),
        shared("Curl", ["CCurl", .product(name: "Collections", package: "swift-collections")]),
        .target(name: "PatchbayClient", dependencies: ["Curl"], path: "Shared/Client", swiftSettings: strict),
        shared(
            "ServiceKit",
            [
                "CMalloc", "Domain", crypto,
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),

        core("Connector"), core("Context"), core("Router"), core("SLATimer"),
        .target(
            name: "RouterPlanning",
            dependencies: [
                "Domain", "RouterCore", "SLATimerCore", .product(name: "Collections", package: "swift-collections"),
            ],
            path: "Services/Router/Planning", swiftSettings: strict),
        app("Connector", ["Curl", crypto]),
        app("Context", [.product(name: "GRDB", package: "GRDB.swift")]),
        app("Router", [.product(name: "Collections", package: "swift-collections")]),
        app("SLATimer"),
        .executableTarget(
            name: "PatchbayCLI",
            dependencies: [
                "RouterCore", "RouterPlanning", "Domain", "Schema", "Kafka", "Streams", "Curl", "PatchbayClient",
                "ServiceKit", crypto,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Collections", package: "swift-collections"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            path: "Services/Patchbay", resources: [.embedInCode("Journey/organization.yaml")], swiftSettings: strict),

        .target(
            name: "TestSupport", dependencies: ["Kafka", "Curl", "Schema", "Domain"], path: "Tests/Support",
            swiftSettings: strict),
        .systemLibrary(name: "CEpoll", path: "Tests/Benchmarks/CEpoll"),
        .executableTarget(name: "BenchmarkFloor", dependencies: ["CRdKafka"], path: "Tests/Benchmarks/Floor"),
        .executableTarget(
            name: "Benchmark",
            dependencies: [
                "CEpoll", "Domain", "Kafka", "RouterCore", "ServiceKit", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Collections", package: "swift-collections"),
            ],
            path: "Tests/Benchmarks/Suite", swiftSettings: strict),
        tests("DomainTests", ["Domain"]),
        tests(
            "SchemaTests",
            [
                "Schema", "Domain", crypto, .product(name: "Collections", package: "swift-collections"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),
        tests("KafkaTests", ["Kafka"]),
        tests(
            "StreamsTests", ["Streams", "Kafka", "Domain", .product(name: "Collections", package: "swift-collections")]),
        tests("CurlTests", ["Curl"]),
        tests("ClientTests", ["PatchbayClient"]),
        tests(
            "ServiceKitTests", ["Domain", "ServiceKit", "Curl", .product(name: "Hummingbird", package: "hummingbird")]),
        tests("ConnectorTests", ["ConnectorApp", "ConnectorCore", "Domain", "Schema", "ServiceKit", "Curl"]),
        tests(
            "ContextTests",
            [
                "ContextApp", "ContextCore", "Domain", "Schema", "ServiceKit", "Curl", "Kafka", "Streams",
                .product(name: "Collections", package: "swift-collections"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        tests(
            "RouterTests",
            [
                "RouterApp", "RouterCore", "PatchbayClient", "Domain", "Schema", "Streams", "Kafka", "ServiceKit",
                "Curl",
                .product(name: "Collections", package: "swift-collections"),
            ], exclude: ["Histories"]),
        tests(
            "SLATimerTests",
            [
                "SLATimerApp", "SLATimerCore", "Domain", "Schema", "Streams", "Kafka", "ServiceKit", "Curl",
                .product(name: "Collections", package: "swift-collections"),
            ]),
        tests(
            "PlanningTests", ["RouterPlanning", "Domain", .product(name: "Collections", package: "swift-collections")]),
        tests(
            "PatchbayTests",
            [
                "PatchbayCLI", "RouterPlanning", "Domain", "Schema", "Kafka", "Streams",
                .product(name: "Collections", package: "swift-collections"),
            ]),
        tests(
            "PoisonTests",
            [
                "ConnectorApp", "ContextApp", "RouterApp", "SLATimerApp", "PatchbayCLI", "Domain", "Schema", "Streams",
                "Kafka", "ServiceKit", "Curl",
            ]),
        tests(
            "FuzzTests",
            [
                "ConnectorApp", "ContextApp", "RouterApp", "SLATimerApp", "PatchbayCLI", "Domain", "Schema", "Streams",
                "Kafka", "ServiceKit", "Curl", crypto, .product(name: "Collections", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ], exclude: ["Regressions"]),
        tests(
            "EndToEnd",
            ["PatchbayCLI", "PatchbayClient", "Domain", "Schema", "Kafka", "Streams", "Curl", "ServiceKit"],
            exclude: ["Tools"]),
        tests("RepositoryRules", []),
        tests(
            "Simulation",
            [
                "RouterApp", "RouterCore", "Domain", "Schema", "Kafka", "Streams",
                .product(name: "Collections", package: "swift-collections"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)

// Parts of the package, for builds that take long: `make sanitize` wants the shared modules, and without PART=shared the
// services too, with their tests; an optimized `make fuzz` wants everything that parses, and what only tests may import.
if let part = Context.environment["PATCHBAY_PART"] {
    let shared = [
        "DomainTests", "SchemaTests", "KafkaTests", "StreamsTests", "CurlTests", "ClientTests", "ServiceKitTests",
    ]
    let services = ["ConnectorTests", "ContextTests", "RouterTests", "SLATimerTests"]
    let suites = part == "shared" ? shared : part == "fuzz" ? ["FuzzTests"] : shared + services
    package.products = []
    package.targets.removeAll { target in
        let path = target.path ?? ""
        let isService =
            path.hasPrefix("Services/") && part != "shared" && (part == "fuzz" || path != "Services/Patchbay")
        let isNeeded = path.hasPrefix("Shared/") || path == "Tests/Support" || isService
        return !isNeeded && !suites.contains(target.name)
    }
    for target in package.targets where part == "fuzz" && target.type != .system {
        target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-enable-testing"])]
    }
}
