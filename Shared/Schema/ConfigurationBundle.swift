package import Domain
import Foundation
import SwiftProtobuf

extension ConfigurationEntry {
    /// Packs values of `patchbay.config` into parts, in their order: so a revision travels through a service's log.
    ///
    /// - Bounds: a part has at most `bytesMax` bytes, unless a single value alone is larger.
    package static func bundle(_ values: [[UInt8]], bytesMax: Int) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var part = WireConfigurationBundle()
        var partBytes = 0
        for value in values {
            // The field's tag, the value's length and the value.
            let valueBytes = 1 + lengthBytes(value.count) + value.count
            if partBytes + valueBytes > bytesMax, !part.entries.isEmpty {
                parts.append(part.deterministicBytes())
                part = WireConfigurationBundle()
                partBytes = 0
            }
            part.entries.append(Data(value))
            partBytes += valueBytes
        }
        if !part.entries.isEmpty { parts.append(part.deterministicBytes()) }
        return parts
    }

    /// As `bundle`, without the values that this version does not understand or that no part could hold: one of them
    /// would make every service refuse the whole revision.
    /// - Parameter onLeftOut: is told why.
    package static func parts(
        of values: [[UInt8]], bytesMax: Int, onLeftOut: (WireError) -> Void
    ) -> [[UInt8]] {
        let understood = values.filter { value in
            do throws(WireError) {
                guard value.count <= bytesMax else {
                    throw WireError(field: "record", value: "\(value.count) bytes", expected: "at most \(bytesMax)")
                }
                _ = try ConfigurationEntry(wire: value)
                return true
            } catch {
                onLeftOut(error)
                return false
            }
        }
        return bundle(understood, bytesMax: bytesMax)
    }

    /// How many bytes the varint of a length takes.
    private static func lengthBytes(_ length: Int) -> Int {
        max(1, (Int.bitWidth - length.leadingZeroBitCount + 6) / 7)
    }
}

extension Configuration {
    /// Reads a revision from the parts that `ConfigurationEntry.bundle` made.
    ///
    /// The entries are sorted by key, so their order in the parts does not count.
    /// - Throws: `WireError` naming the entry and the field.
    package init(revision: Int64, parts: [[UInt8]]) throws(WireError) {
        var entries: [ConfigurationEntry] = []
        for (partIndex, part) in parts.enumerated() {
            for (index, value) in try WireConfigurationBundle(decoding: part).entries.enumerated() {
                do {
                    entries.append(try ConfigurationEntry(wire: Array(value)))
                } catch {
                    throw error.inside("parts[\(partIndex)].entries[\(index)]")
                }
            }
        }
        self.init(revision: revision, entries: entries)
    }
}
