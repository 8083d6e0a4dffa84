import Curl
import Domain
import Foundation
import Glibc
import Kafka
import ServiceKit
import Synchronization
import TestSupport
import Testing

@testable import ContextApp

/// What may happen to the timeline's file.
enum FileHarm: String, CaseIterable, Sendable {
    case removed, emptied, cutInHalf, randomPages, randomEverywhere, noDatabase

    func inflict(on file: URL) throws {
        switch self {
        case .removed:
            for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.path + end) }
        case .emptied: truncate(file.path, 0)
        case .cutInHalf: truncate(file.path, off_t(try size(file) / 2 / 4_096 * 4_096 + 100))
        // The first page stays, so that what is wrong is found late.
        case .randomPages: try overwrite(file, from: 4_096)
        case .randomEverywhere: try overwrite(file, from: 0)
        case .noDatabase:
            let handle = try FileHandle(forWritingTo: file)
            try handle.write(contentsOf: Data("This is a letter to my aunt, and no database at all.".utf8))
            try handle.close()
        }
    }

    private func size(_ file: URL) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int)
    }

    private func overwrite(_ file: URL, from start: Int) throws {
        var generator = SeededGenerator(seed: 3)
        let noise = (start..<(try size(file))).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let handle = try FileHandle(forWritingTo: file)
        try handle.seek(toOffset: UInt64(start))
        try handle.write(contentsOf: Data(noise))
        try handle.close()
    }
}

@Suite("A timeline whose file comes to harm")
struct TimelineDamageTests {
    private let lena = Samples.handle.customerID

    /// Everything that the service shows of Lena; nil while it says that it cannot. Any other answer is a fault.
    /// - Parameter isKnown: her first message was filed before.
    private func shown(_ client: Deployment.Client, isKnown: Bool = true) async throws -> [JSONValue]? {
        let answer = try await client.send("GET", "/v1/customers/\(lena)/timeline?limit=200")
        guard answer.status == 200 else {
            if !isKnown, answer.status == 404 { return nil }
            #expect(answer.status == 503, "\(answer.text)")
            #expect(answer.header("retry-after") != nil)
            return nil
        }
        return answer.json?["entries"]?.array
    }

    private func receive(_ count: Int, from first: Int, _ deployment: Deployment) async throws {
        for number in first..<(first + count) {
            let text = String(repeating: "Bonjour \(number). ", count: 40)
            try await deployment.receive(Samples.message("m\(number)", from: Samples.handle, text: text))
        }
    }

    /// Asks until the service shows this many messages, and expects nothing wrong on the way.
    private func entries(
        _ count: Int, after before: [JSONValue], _ client: Deployment.Client
    ) async throws -> [JSONValue] {
        try await eventuallySome("\(count) messages are shown", within: .seconds(90)) {
            guard let now = try await shown(client) else { return nil }
            #expect(Array(now.suffix(before.count)) == before, "less or other than was there before")
            return messages(now) >= count ? now : nil
        }
    }

    private func messages(_ entries: [JSONValue]) -> Int {
        entries.count { $0["kind"] == .string("message") && $0["conversation_id"]?.string != nil }
    }

    private func settled(
        _ client: Deployment.Client, _ count: Int, isKnown: Bool = false
    ) async throws -> [JSONValue] {
        try await eventuallySome("the timeline of \(count) messages", within: .seconds(60)) {
            guard let now = try await shown(client, isKnown: isKnown), messages(now) >= count else { return nil }
            return now
        }
    }

    @Test(
        "is filled again from the topics while it runs: reads say 503 or the truth, and it is the same as before",
        arguments: FileHarm.allCases)
    func whileRunning(harm: FileHarm) async throws {
        let deployment = try await Deployment()
        try await deployment.apply(Samples.configuration())
        try await deployment.run { client in
            try await receive(30, from: 0, deployment)
            let before = try await settled(client, 30)
            try checkpoint(deployment.database)
            try harm.inflict(on: deployment.database)
            try await receive(1, from: 30, deployment)
            let after = try await entries(31, after: before, client)
            #expect(messages(after) == 31)
            try await eventually("it is ready again", within: .seconds(60)) {
                try await client.send("GET", "/readyz").status == 200
            }
            #expect(FileManager.default.fileExists(atPath: deployment.database.path))
            let said = deployment.lines.all
            #expect(said.contains { $0.contains("damaged") }, "\(said)")
            #expect(said.contains("the timeline holds everything that the topics do"))
            let metrics = try await client.send("GET", "/metrics").text
            #expect(metrics.contains("patchbay_context_timeline_rebuilds_total 1"))
        }
        try await deployment.close()
    }

    @Test("is filled again at the next start, and is the same as before", arguments: FileHarm.allCases)
    func whileStopped(harm: FileHarm) async throws {
        let deployment = try await Deployment()
        try await deployment.apply(Samples.configuration())
        try await receive(30, from: 0, deployment)
        let before = Mutex<[JSONValue]>([])
        try await deployment.run { client in
            let entries = try await settled(client, 30)
            before.withLock { $0 = entries }
        }
        try checkpoint(deployment.database)
        try harm.inflict(on: deployment.database)
        try await deployment.run { client in
            let after = try await settled(client, 30, isKnown: true)
            #expect(before.withLock { $0 } == after)
        }
        #expect(deployment.lines.all.count { $0 == "the timeline is empty, and is filled from the topics" } == 2)
        try await deployment.close()
    }

    /// Moves what is only in the log of changes into the file, so that the harm concerns it.
    private func checkpoint(_ file: URL) throws {
        try RawFile(file).execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    @Test("waits for a disk that is full, says so, and misses nothing", .enabled(if: SmallDisk.canMount))
    func diskFull() async throws {
        let disk = try SmallDisk(kibibytes: 1_024)
        let deployment = try await Deployment(folder: disk.folder)
        try await deployment.apply(Samples.configuration())
        try await deployment.run { client in
            try await receive(10, from: 0, deployment)
            let before = try await settled(client, 10)
            try disk.fill()
            try await receive(60, from: 10, deployment)
            try await eventually("it is not ready", within: .seconds(60)) {
                let answer = try await client.send("GET", "/readyz?verbose")
                return answer.status == 503 && answer.text.contains("the disk is full")
            }
            #expect(try await shown(client) == nil)
            #expect(try await client.send("GET", "/livez").status == 200)
            try disk.makeRoom()
            let after = try await entries(70, after: before, client)
            #expect(messages(after) == 70)
            let said = deployment.lines.all
            #expect(said.count { $0.contains("the disk is full") } == 1, "once, not with each try: \(said)")
            #expect(said.contains("the timeline is written again"))
        }
        await deployment.producer.closed()
        try disk.remove()
    }

    @Test(
        "starts on a disk that is full, is not ready, and catches up when there is room",
        .enabled(if: SmallDisk.canMount))
    func startsOnFullDisk() async throws {
        let disk = try SmallDisk(kibibytes: 1_024)
        let store = try {
            try disk.fill()
            return try TimelineStore(directory: disk.folder.path, prefix: "test", logger: .silent)
        }()
        guard case .unwritable = store.trouble else {
            Issue.record("\(String(describing: store.trouble))")
            return
        }
        #expect(throws: TimelineTrouble.self) { try store.open() }
        await #expect(throws: TimelineTrouble.self) { _ = try await store.read { _ in 0 } }
        try disk.makeRoom()
        try store.open()
        #expect(store.trouble == nil)
        #expect(try store.places().isEmpty)
        try store.close()
        try disk.remove()
    }
}

/// A file system in memory that is soon full. Only root may mount one.
struct SmallDisk {
    let folder: URL

    static let canMount: Bool = {
        guard geteuid() == 0, let disk = try? SmallDisk(kibibytes: 64) else { return false }
        return (try? disk.remove()) != nil
    }()

    struct NotMounted: Error {}

    init(kibibytes: Int) throws {
        folder = try makeTemporaryFolder("small-disk")
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=\(kibibytes)k") == 0 else {
            try FileManager.default.removeItem(at: folder)
            throw NotMounted()
        }
    }

    private var filler: URL { folder.appending(path: "filler") }

    /// Writes until nothing more fits.
    func fill() throws {
        let descriptor = open(filler.path, O_CREAT | O_WRONLY | O_APPEND, 0o600)
        defer { close(descriptor) }
        for size in [65_536, 4_096, 1] {
            let bytes = [UInt8](repeating: 0, count: size)
            while write(descriptor, bytes, size) == size {}
        }
    }

    func makeRoom() throws { try FileManager.default.removeItem(at: filler) }

    func remove() throws {
        umount2(folder.path, Int32(MNT_DETACH))
        try FileManager.default.removeItem(at: folder)
    }
}
