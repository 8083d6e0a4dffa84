import Foundation
import Glibc

/// Keeps the input that is being read in a file that survives the process: after a crash it is there.
///
/// The file is mapped into memory, so that noting an input costs no more than copying it.
final class FlightRecorder {
    private let path: String
    private let bytes: UnsafeMutableRawBufferPointer

    /// - Parameter file: is removed by `close()` when nothing happened.
    init(_ file: URL) throws {
        path = file.path
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        let size = Mutator.bytesMax + 8
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0, ftruncate(descriptor, off_t(size)) == 0,
            let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), start != MAP_FAILED
        else { throw FuzzTarget.Finding("\(path) cannot be mapped: errno \(errno)") }
        Glibc.close(descriptor)
        bytes = UnsafeMutableRawBufferPointer(start: start, count: size)
    }

    func note(_ input: [UInt8]) {
        bytes.storeBytes(of: input.count, as: Int.self)
        input.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: bytes[8...]).copyMemory(from: $0) }
    }

    func close() {
        munmap(bytes.baseAddress, bytes.count)
        unlink(path)
    }

    /// The input that a recorder has left behind.
    static func input(in file: URL) throws -> [UInt8] {
        let all = Array(try Data(contentsOf: file))
        guard all.count > 8 else { return [] }
        let count = all.withUnsafeBytes { $0.loadUnaligned(as: Int.self) }
        return Array(all[8..<min(all.count, 8 + max(0, count))])
    }
}
