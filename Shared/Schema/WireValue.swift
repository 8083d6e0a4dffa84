package import Domain
package import SwiftProtobuf

/// A Domain value that has a message of its own on the wire.
///
/// - Ordering: the same value gives the same message, and the same message the same bytes.
package protocol WireValue {
    associatedtype Wire: SwiftProtobuf.Message

    /// The value as a message. Numbers that the wire cannot hold are moved to the nearest that it can.
    var wire: Wire { get }

    /// Checks a message and reads it.
    /// - Throws: `WireError` naming the first field that does not fit.
    init(wire: Wire) throws(WireError)
}

extension WireValue {
    /// Reads a field that must be there.
    package static func required(_ field: String, _ wire: Wire?) throws(WireError) -> Self {
        guard let wire else { throw .missing(field, "a value") }
        do {
            return try Self(wire: wire)
        } catch {
            throw error.inside(field)
        }
    }

    /// Reads a field that may be absent.
    package static func optional(_ field: String, _ wire: Wire?) throws(WireError) -> Self? {
        guard let wire else { return nil }
        return try required(field, wire)
    }

    /// Reads a repeated field.
    package static func list(_ field: String, _ wires: [Wire]) throws(WireError) -> [Self] {
        var values: [Self] = []
        values.reserveCapacity(wires.count)
        for (index, wire) in wires.enumerated() {
            values.append(try required("\(field)[\(index)]", wire))
        }
        return values
    }
}

extension SwiftProtobuf.Message {
    /// The message's bytes, the same for the same message.
    package func deterministicBytes() -> [UInt8] {
        var options = BinaryEncodingOptions()
        options.useDeterministicOrdering = true
        do {
            return try serializedBytes(options: options)
        } catch {
            // Only a proto2 message without a required field, an Any or 2 GiB can fail.
            preconditionFailure("a \(Self.protoMessageName) cannot be encoded: \(error)")
        }
    }

    /// Reads a message's bytes.
    /// - Throws: `WireError` naming the message.
    package init(decoding bytes: [UInt8]) throws(WireError) {
        do {
            try self.init(serializedBytes: bytes)
        } catch {
            throw WireError(field: "record", value: "\(bytes.count) bytes", expected: "a \(Self.protoMessageName)")
        }
    }
}

extension ID {
    /// Reads an id that must be there.
    package static func required(_ field: String, _ text: String) throws(WireError) -> Self {
        guard !text.isEmpty else { throw .missing(field, "an id") }
        return Self(text)
    }

    /// Reads a list of ids, none of which is empty.
    package static func list(_ field: String, _ texts: [String]) throws(WireError) -> [Self] {
        var ids: [Self] = []
        ids.reserveCapacity(texts.count)
        for (index, text) in texts.enumerated() { ids.append(try required("\(field)[\(index)]", text)) }
        return ids
    }

    /// Reads an id that may be absent, but is not empty.
    package static func optional(_ field: String, _ text: String?) throws(WireError) -> Self? {
        guard let text else { return nil }
        return try required(field, text)
    }
}

extension Instant {
    /// Milliseconds since 1970, within what `init(wire:)` takes.
    package var wire: Int64 {
        min(max(self, Instant.writable.lowerBound), Instant.writable.upperBound).milliseconds
    }

    /// Reads a moment that must be there.
    ///
    /// - Bounds: years 1 to 9999, so that no later arithmetic overflows.
    package static func required(_ field: String, _ milliseconds: Int64) throws(WireError) -> Self {
        let instant = Instant(milliseconds: milliseconds)
        guard writable.contains(instant) else {
            throw WireError(
                field: field, value: String(milliseconds), expected: "milliseconds since 1970, in the years 1 to 9999")
        }
        return instant
    }

    /// Reads a moment that may be absent.
    package static func optional(_ field: String, _ milliseconds: Int64?) throws(WireError) -> Self? {
        guard let milliseconds else { return nil }
        return try required(field, milliseconds)
    }
}

extension Int {
    /// As the wire holds it: 32 bits, enough for every count, level, priority and number of seconds, and few enough
    /// that no arithmetic on what was read overflows.
    package var wire: Int32 { Int32(clamping: self) }
}
