import Kafka
import Schema
import ServiceKit
import TestSupport

@testable import PatchbayCLI

/// What a process says of itself over HTTP.
extension TestStack {
    /// A value of the router's metrics; nil: it has none of that name and labels.
    func routerMetric(_ name: String) async throws -> Double? {
        let text = try await api.send("GET", url(.router) + "/metrics", as: .nobody).status(200).text
        return text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
            .flatMap { Double($0.dropFirst(name.count + 1)) }
    }

    /// The partitions that a process leads; none while it does not answer.
    func led(by instance: Instance) async -> Set<Int32> {
        let url = url(instance) + "/metrics"
        guard let text = try? await api.send("GET", url, as: .nobody, timeout: .seconds(2)).status(200).text else {
            return []
        }
        let lines = text.split(separator: "\n").filter {
            $0.hasPrefix("patchbay_stream_leading{") && $0.hasSuffix(" 1")
        }
        return Set(lines.compactMap { line in Int32(line.split(separator: "\"")[1]) })
    }

    /// Waits until each process of a service leads something, and each partition is led once.
    func waitUntilShared(_ service: Stack.Service, within limit: Duration = .seconds(60)) async throws {
        try await eventually("the partitions of \(service.rawValue) are shared", within: limit) {
            var all: [Int32] = []
            for instance in instances(of: service) {
                let led = await led(by: instance)
                guard !led.isEmpty else { return false }
                all += led
            }
            return all.count == Int(TopicSettings.defaultPartitions) && Set(all).count == all.count
        }
    }

    /// Waits until a process leads every partition.
    func waitUntilAlone(_ instance: Instance, within limit: Duration = .seconds(60)) async throws {
        try await eventually("\(instance) leads everything", within: limit) {
            await led(by: instance).count == Int(TopicSettings.defaultPartitions)
        }
    }

    /// `/readyz`, as it is.
    func readiness(_ instance: Instance) async throws -> JourneyAPI.Answer {
        try await api.send("GET", url(instance) + "/readyz", as: .nobody)
    }

    /// The checkpoints of a service as they were committed: for each partition where each of them goes on.
    func checkpoints(_ state: Topic) async throws -> [Int32: [Int64]] {
        var positions: [Int32: [Int64]] = [:]
        for record in try await records(state, readCommitted: true) where record.key == Array("position".utf8) {
            let next = try JSONValue(parsing: record.value ?? [])["nextOffset"]?.integer
            positions[record.partition, default: []].append(next ?? -1)
        }
        return positions
    }
}
